// Threads in a process that is copied: is nobody waited for who is not there?
#include <graft/base/thread_here.hpp>

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

namespace graft {
namespace {

/// Whether the next thread, which gets the stack of the one before, waits for that one's end.
bool ends_in_a_copy(ThreadHere &ended) {
  const pid_t copy = ::fork();
  if (copy == 0) {
    ::alarm(60); // ends a copy that hangs
    std::atomic<bool> is_over{false};
    ThreadHere next;
    next.start([&] {
      ended.join();
      is_over.store(true, std::memory_order_relaxed); // the join orders it
    });
    next.join();
    ended.start([] {});
    ended.join();
    ::_exit(is_over.load(std::memory_order_relaxed) ? 0 : 1);
  }
  int status = 0;
  return ::waitpid(copy, &status, 0) == copy && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(ThreadHere, IsNotWaitedForInACopyOfTheProcess) {
  ThreadHere thread;
  std::atomic<bool> has_run{false};
  thread.start([&] { has_run.store(true, std::memory_order_release); }); // pairs with the load below
  while (!has_run.load(std::memory_order_acquire)) std::this_thread::yield(); // pairs with the store above
  EXPECT_TRUE(ends_in_a_copy(thread));
  thread.join();
}

TEST(ThreadHere, IsWaitedForWhereItWasStarted) {
  std::atomic<bool> has_run{false};
  ThreadHere thread;
  thread.start([&] { has_run.store(true, std::memory_order_relaxed); }); // the join orders it
  ThreadHere moved = std::move(thread);
  moved.join();
  EXPECT_TRUE(has_run.load(std::memory_order_relaxed));
}

} // namespace
} // namespace graft
