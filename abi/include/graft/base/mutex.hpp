// A mutex that clang's -Wthread-safety understands; std::mutex carries no annotations in libstdc++.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define GRAFT_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define GRAFT_THREAD_ANNOTATION(x)
#endif

#define GRAFT_CAPABILITY(x) GRAFT_THREAD_ANNOTATION(capability(x))
#define GRAFT_SCOPED_CAPABILITY GRAFT_THREAD_ANNOTATION(scoped_lockable)
#define GRAFT_GUARDED_BY(x) GRAFT_THREAD_ANNOTATION(guarded_by(x))
#define GRAFT_REQUIRES(...) GRAFT_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define GRAFT_EXCLUDES(...) GRAFT_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define GRAFT_ACQUIRE(...) GRAFT_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define GRAFT_RELEASE(...) GRAFT_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define GRAFT_NO_THREAD_SAFETY_ANALYSIS GRAFT_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace graft {

class GRAFT_CAPABILITY("mutex") Mutex {
 public:
  void lock() GRAFT_ACQUIRE() { mutex_.lock(); }
  void unlock() GRAFT_RELEASE() { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

/// Holds a Mutex for a scope.
class GRAFT_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex &mutex) GRAFT_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() GRAFT_RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock &) = delete;
  MutexLock &operator=(const MutexLock &) = delete;

 private:
  Mutex &mutex_;
};

/// A condition variable over a Mutex that the caller holds.
class Condition {
 public:
  template <class Predicate>
  void wait(Mutex &mutex, Predicate ready) GRAFT_REQUIRES(mutex) GRAFT_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock, ready);
    lock.release();
  }
  /// Whether `ready` became true before `limit` passed.
  template <class Duration, class Predicate>
  bool wait_for(Mutex &mutex, Duration limit, Predicate ready) GRAFT_REQUIRES(mutex) GRAFT_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool is_ready = condition_.wait_for(lock, limit, ready);
    lock.release();
    return is_ready;
  }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace graft
