// A program from source, run in this process: what `graft exec` is made of.
#pragma once

#include <graft/base/cache.hpp>
#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <memory>
#include <string>
#include <vector>

namespace graft {

/// Sources with a `main`, and how to compile them.
struct ProgramOptions {
  std::vector<std::string> sources{};    ///< paths; C, C++, .bc and .ll may be mixed
  std::string language;                ///< "c" or "c++" for all of them; empty: by their names' endings
  std::vector<std::string> flags{};      ///< clang driver flags: -O, -std, -D, -U, -I, -include, -W, -w, ...
  std::vector<std::string> libraries{};  ///< as after -l: "m", "pthread", ":libm.so.6", or a path
  std::vector<std::string> library_dirs; ///< as after -L; searched before the system's
  CacheConfig cache{};                   ///< what was compiled before is not compiled again
  int argc = 0;                        ///< what the initialisers and `main` are handed; must outlive the program
  char **argv = nullptr;
};

/// A linked program.
///
/// Threads: everything on one thread. Owns: the program's code, which must stay until the process ends once it ran.
/// Fails: kInvalid with diagnostics for code that does not compile or link.
class GRAFT_API Program {
public:
  static Result<std::unique_ptr<Program>> create(const ProgramOptions &options);
  ~Program();

  /// Static initialisers, `main`, and the C library's `exit` with its status: from here on the process is the program's, and what it
  /// throws and nobody of its own catches ends it.
  [[noreturn]] void run();
  /// Runs `.fini_array`. Natively that is the last of the exit functions: register it with the process's `atexit` before `run`.
  void finish();

  const std::vector<Diagnostic> &warnings() const;

private:
  struct State;
  explicit Program(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace graft
