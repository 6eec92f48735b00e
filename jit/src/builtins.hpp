// The compiler's own support library (`libclang_rt.builtins`): functions such as `__muloti4` and data such as `__cpu_model`
// that compiled code asks for and that no shared library offers. Linked into the image that asks, like a static library.
#pragma once

#include <graft/base/artifact.hpp>
#include <graft/base/mutex.hpp>

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

namespace graft::jit {

/// The archive, opened at the first question. Without it nothing is found, and linking goes on.
///
/// Owns: copies of the members that were asked for, as long as it lives.
/// Threads: any.
class Builtins {
 public:
  Builtins();
  ~Builtins();

  /// The member that defines `name`, or null.
  const ObjectFile *member_defining(const std::string &name);

 private:
  struct Archive;
  void open() GRAFT_REQUIRES(mutex_);

  Mutex mutex_;
  std::unique_ptr<Archive> archive_ GRAFT_GUARDED_BY(mutex_);
  bool opened_ GRAFT_GUARDED_BY(mutex_) = false;
};

} // namespace graft::jit
