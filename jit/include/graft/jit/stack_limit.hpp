// Where a thread's stack ends for plugins. Compiled code compares its stack pointer with a word of its thread, and what is
// below gets StackOverflow thrown (decision 0030).
//
//   L1  The word is 0 until the thread is watched: then nothing is below it.
//   L2  Nobody is failed for the word alone: what it says is compared with the bounds of the thread's stack first, and a
//       stack pointer outside of them is on a stack of somebody else's (a coroutine's, a signal handler's), which may be
//       deeper in memory and is nobody's business here.
//   L3  Within a function that promised not to throw, what would be thrown is put off until the next check outside of one,
//       as long as half of what is kept is left: the stack mostly ends in a small one of a library, which needs no more.
#pragma once

#include <cstddef>
#include <cstdint>

namespace graft::jit {

/// While it lives, threads that are watched keep `bytes` of their stack, or a quarter of a smaller one. Of several the
/// largest counts. 0: it asks for nothing.
///
/// Threads: any.
class StackReserve {
 public:
  explicit StackReserve(std::size_t bytes);
  ~StackReserve();
  StackReserve(const StackReserve &) = delete;
  StackReserve &operator=(const StackReserve &) = delete;

 private:
  const std::size_t bytes_;
  StackReserve *next_;
};

/// Has the calling thread's stack watched, if somebody keeps a reserve and it is not yet.
void watch_stack() noexcept;
/// The calling thread is about to end.
void unwatch_stack() noexcept;

/// What the calling thread's word says; 0: nothing. For tests.
std::uintptr_t stack_limit() noexcept;

} // namespace graft::jit
