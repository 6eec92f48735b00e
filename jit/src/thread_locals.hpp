// The thread-locals of JIT code: their storage (`__emutls_get_address`) and their destructors (`__cxa_thread_atexit`), both
// kept per thread and by image, so that an image takes its own away when it goes.
//
// Compiled code uses -femulated-tls: JITLink has no local-dynamic TLS, and native TLS blocks cannot be taken back.
#pragma once

#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_set>
#include <vector>

namespace graft::jit {

class ThreadStorage;

/// What a control object's third word points to: where a thread finds its copy.
struct ThreadVariable {
  ThreadStorage *storage = nullptr; ///< null: a native thread-local of the process, named by the two words below
  std::size_t slot = 0;
  unsigned long native[2] = {}; ///< module and offset, as `__tls_get_addr` takes them
};

/// The object `__emutls_v.X` that compiled code hands to `__emutls_get_address`. Its layout is that of libgcc and
/// compiler-rt.
struct ThreadControl {
  std::size_t bytes;
  std::size_t align;
  ThreadVariable *variable; ///< null until its first use
  const void *initial;      ///< null: zero
};

/// The thread-locals of one linker's images.
///
/// Owns: a pthread key, and a record per thread that has touched a thread-local. Process-wide: the list of all records (I3).
/// Threads: any. Code of images runs without the lock.
///
/// I2: a destructor is run once, by its thread's exit or by `run_destructors`, whichever takes it from the record first.
/// I3: a record goes with its thread or with its storage, whichever takes it from the process's list of records first.
class ThreadStorage {
 public:
  static Result<std::unique_ptr<ThreadStorage>> create();
  ~ThreadStorage();

  std::size_t take_slot();
  /// Frees what every thread holds in `slots`, and the slots.
  void give_back(const std::vector<std::size_t> &slots);

  /// The calling thread's copy; null when memory is exhausted.
  void *address(const ThreadControl &control, std::size_t slot);
  /// `run(object)` at the calling thread's exit, or when `image` is finalised.
  void at_thread_exit(const void *image, void (*run)(void *), void *object);
  /// Runs what all threads registered for `image`, newest first within a thread, and waits for those that are running.
  void run_destructors(const void *image);
  /// Forgets what is still registered for `image`, and waits for what is running.
  void drop_destructors(const void *image);

 private:
  struct Record;
  explicit ThreadStorage(pthread_key_t key) : key_(key) {}
  Record *record();
  void *make(Record &record, const ThreadControl &control, std::size_t slot);
  void leave(Record *record) GRAFT_RELEASE(mutex_);
  static void enlist(Record &record) GRAFT_REQUIRES(process_mutex_);
  static void delist(Record &record) GRAFT_REQUIRES(process_mutex_);
  /// Until no other thread is in a destructor of `image`.
  void await_running(const void *image) GRAFT_REQUIRES(mutex_);
  static void thread_exits(void *record);

  static Mutex process_mutex_;
  static Record *records_of_process_ GRAFT_GUARDED_BY(process_mutex_);

  const pthread_key_t key_;
  Mutex mutex_;
  Condition destructor_done_;
  std::unordered_set<Record *> records_ GRAFT_GUARDED_BY(mutex_);
  std::vector<std::size_t> free_slots_ GRAFT_GUARDED_BY(mutex_);
  std::size_t slots_used_ GRAFT_GUARDED_BY(mutex_) = 0;
};

} // namespace graft::jit
