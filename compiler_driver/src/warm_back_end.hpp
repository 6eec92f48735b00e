// Code generation without optimisation, kept warm. To emit one small function Clang spends most of its time on making a
// target machine and a pipeline of a hundred passes, and throws them away; here they are made once per set of flags. The
// object is the same, byte for byte (tests/compiling/warm_back_end_test.cpp).
#pragma once

#include <graft/base/mutex.hpp>

#include <memory>
#include <vector>

namespace clang {
class CompilerInstance;
}
namespace llvm {
class Module;
}

namespace graft::driver {

/// What one set of flags compiles with. Threads: any; two at once have a pipeline each.
class WarmBackEnd {
 public:
  WarmBackEnd();
  ~WarmBackEnd();
  WarmBackEnd(const WarmBackEnd &) = delete;
  WarmBackEnd &operator=(const WarmBackEnd &) = delete;

  /// Whether an instance's options ask for nothing that only Clang's own path does.
  static bool suits(const clang::CompilerInstance &compiler);

  /// Emits `module`, which Clang's passes have gone over. `compiler` is always of the same flags. False: LLVM has no such
  /// target.
  bool emit(const clang::CompilerInstance &compiler, llvm::Module &module, std::vector<char> &out);

 private:
  class Pipeline;

  std::unique_ptr<Pipeline> take();
  void give_back(std::unique_ptr<Pipeline> pipeline);

  Mutex mutex_;
  std::vector<std::unique_ptr<Pipeline>> idle_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft::driver
