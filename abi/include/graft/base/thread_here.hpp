// A thread that is not waited for in a copy of its process.
#pragma once

#include <unistd.h>

#include <memory>
#include <thread>
#include <utility>

namespace graft {

/// A std::thread of the process that started it.
///
/// Rationale: `fork` copies the handle of a thread and not the thread, and glibc gives the stack of one that has ended to the next
/// one that the copy starts. Who joins the old handle there waits for that one, for ever when it is the thread itself that is waited
/// on; so does its destructor. In a copy the handle is let go of.
///
/// Threads: one at a time.
class ThreadHere {
 public:
  ThreadHere() = default;
  ~ThreadHere() { forget_if_foreign(); }
  ThreadHere(ThreadHere &&other) noexcept : thread_(std::move(other.thread_)), process_(other.process_) {}
  ThreadHere &operator=(ThreadHere &&other) noexcept {
    forget_if_foreign();
    thread_ = std::move(other.thread_);
    process_ = other.process_;
    return *this;
  }

  /// Throws what std::thread throws.
  template <class Body>
  void start(Body body) {
    forget_if_foreign();
    thread_ = std::thread(std::move(body));
    process_ = ::getpid();
  }
  /// Waits for it to end, if it was started, and here.
  void join() {
    forget_if_foreign();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void forget_if_foreign() {
    if (thread_.joinable() && process_ != ::getpid()) std::construct_at(&thread_); // it owns nothing but the handle
  }

  std::thread thread_;
  ::pid_t process_ = 0;
};

} // namespace graft
