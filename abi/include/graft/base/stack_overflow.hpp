// What is thrown where a plugin has run out of stack (decision 0030). Not a std::exception: who catches those to go on with
// something else would go on without stack.
#pragma once

#include <cstdint>
#include <string>

namespace graft {

/// Thrown through the plugin's frames, so that their destructors run. While it is in flight they may use a part of what is
/// kept for that; its end takes the part back, on the thread that threw it.
class StackOverflow {
 public:
  /// What the thrower knows; static functions.
  struct Thrower {
    void (*over)() noexcept;                     ///< called once, by whoever ends the exception
    std::string (*place)(std::uintptr_t where); ///< see below
  };
  StackOverflow(const Thrower &thrower, std::uintptr_t where) : thrower_(thrower), where_(where) {}
  StackOverflow(const StackOverflow &) = delete;
  StackOverflow &operator=(const StackOverflow &) = delete;
  ~StackOverflow() { thrower_.over(); }

  /// "'FUNCTION' at FILE:LINE", of the code that found no more room; empty where no debug information says so.
  std::string place() const { return thrower_.place(where_); }

 private:
  const Thrower &thrower_; // lives as long as the process
  std::uintptr_t where_;
};

} // namespace graft
