// What is thrown where a plugin has run out of stack (decision 0030). Not a std::exception: who catches those to go on with
// something else would go on without stack.
#pragma once

namespace graft {

/// Thrown through the plugin's frames, so that their destructors run. While it is in flight they may use a part of what is
/// kept for that; its end takes the part back, on the thread that threw it.
class StackOverflow {
 public:
  /// `over` is called once, by whoever ends the exception.
  explicit StackOverflow(void (*over)() noexcept) : over_(over) {}
  StackOverflow(const StackOverflow &) = delete;
  StackOverflow &operator=(const StackOverflow &) = delete;
  ~StackOverflow() { over_(); }

 private:
  void (*over_)() noexcept;
};

} // namespace graft
