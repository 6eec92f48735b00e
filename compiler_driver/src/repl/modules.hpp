// The IR of inputs, from one input to the next: what is private to a file in C is the session's here, what an earlier input
// compiled is not compiled again, and what nobody runs yet waits.
#pragma once

#include <graft/driver/incremental.hpp>

#include <llvm/IR/Module.h>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace clang {
class CodeGenerator;
}

namespace graft::driver {

/// The code that one input caused: IR until somebody needs it, an object from then on.
struct InputCode {
  unsigned input = 0;
  std::string name;
  std::unique_ptr<llvm::Module> module;
  std::vector<char> object;
  std::vector<std::string> defined;
  std::vector<std::string> undefined;
};

/// M1: a symbol of a session is defined once, by the first input that needed it.
class InputModules {
 public:
  using Emit = std::function<void(llvm::Module &, std::vector<char> &)>;

  void begin_input();
  /// Takes IR: first the input's own, then what that needs of what others said. Returns whether something of it must run.
  bool add(std::unique_ptr<llvm::Module> module, clang::CodeGenerator &generator);
  /// What the input's own, and all that waits and it needs, ask of others.
  std::vector<std::string> wanted() const;
  /// The input's own, and all that waits and it needs, as objects.
  void flush(Increment &increment, const Emit &emit);
  /// What `increment` was made of waits again, but for what the newest input caused, which is gone. What that defined.
  std::vector<std::string> take_back(Increment &increment);
  bool defines(const std::string &symbol) const { return defined_.contains(symbol); }

 private:
  std::vector<std::size_t> needed() const;

  unsigned input_ = 0;
  std::size_t newest_ = 0;                  ///< the input's own
  std::unordered_set<std::string> defined_; ///< M1
  std::vector<InputCode> waiting_;
  std::unordered_map<std::string, std::size_t> waiting_for_; ///< symbol -> index
  std::vector<InputCode> last_;                             ///< of the last increment, without their objects
};

} // namespace graft::driver
