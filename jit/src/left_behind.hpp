// What an image's code starts or registers outside of itself, and would leave behind: threads, timers, thread-specific keys, signal
// handlers. Its code is bound to the functions below instead of the C library's, each with the image's handle (stubs.cpp).
//
//   L1  A thread counts from before it can run until the destructors of its thread-locals have run, however it ends.
//   L2  A timer's function is not entered after `end_timers`; one that is running counts like a thread.
#pragma once

#include "thread_locals.hpp"

#include <graft/base/mutex.hpp>
#include <graft/jit/linker.hpp>

#include <pthread.h>
#include <signal.h>
#include <sys/types.h>
#include <time.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace graft::jit {

/// A thread that code of an image started. Shared by the image and the thread, which end in any order.
struct StartedThread {
  std::atomic<pid_t> id{0};        // 0 until it runs; relaxed: only for people
  std::atomic<bool> is_gone{false}; // release at its end, acquire when it is asked for: what it did is over (L1)
  std::string thrown;              // what ended it; written before `is_gone`
};

/// A timer whose function is called on a thread of the C library's.
///
/// Owned by the linker: a call that is on its way may arrive after the image is gone, and finds out here.
struct StartedTimer {
  timer_t id{};
  void (*notify)(sigval) = nullptr;
  sigval value{};
  Mutex mutex;
  std::vector<pid_t> inside GRAFT_GUARDED_BY(mutex);
  bool has_ended GRAFT_GUARDED_BY(mutex) = false;
};

/// The timers of all images of one linker.
class TimerList {
 public:
  StartedTimer &add();

 private:
  Mutex mutex_;
  std::vector<std::unique_ptr<StartedTimer>> timers_ GRAFT_GUARDED_BY(mutex_);
};

/// Of one image. Threads: any.
class LeftBehind {
 public:
  std::shared_ptr<StartedThread> expect_thread();
  void forget(const std::shared_ptr<StartedThread> &thread);
  void add_timer(timer_t id, StartedTimer *called);
  void forget_timer(timer_t id);
  void add_key(pthread_key_t key);
  void forget_key(pthread_key_t key);
  /// That `putenv` was given text in the image's memory.
  void note_variable() { has_variables_.store(true, std::memory_order_relaxed); }
  /// Of a function that gave up in the middle of the image's end.
  void note_undone(std::string what);

  /// The threads that are still there, those in a timer's function among them.
  std::vector<ThreadInside> threads();
  /// Ends its timers. What ended, in words.
  std::vector<std::string> end_timers();
  /// Takes back its keys and handlers. Nothing of it runs any more. What there was, in words.
  std::vector<std::string> take_back(const Image &image);

 private:
  struct Timer {
    timer_t id;
    StartedTimer *called; ///< null for a timer that sends a signal
  };
  Mutex mutex_;
  std::vector<std::shared_ptr<StartedThread>> threads_ GRAFT_GUARDED_BY(mutex_);
  std::vector<Timer> timers_ GRAFT_GUARDED_BY(mutex_);
  std::vector<StartedTimer *> ended_ GRAFT_GUARDED_BY(mutex_); ///< whose function may still be running
  std::unordered_set<pthread_key_t> keys_ GRAFT_GUARDED_BY(mutex_);
  std::vector<std::string> thrown_ GRAFT_GUARDED_BY(mutex_); ///< by threads that are gone
  std::atomic<bool> has_variables_{false}; ///< relaxed: whoever takes back comes behind all code of the image
  std::vector<std::string> undone_ GRAFT_GUARDED_BY(mutex_);
};

/// The function behind a "graft." name of a stub; null when it is none of these.
const void *left_behind_function(std::string_view name);

} // namespace graft::jit
