// Per-thread records behind a pthread key. A record's slots are read by its own thread without the lock, and changed under
// it.
#include "thread_locals.hpp"

#include "foreign_call.hpp"

#include <graft/base/fault.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace graft::jit {

/// The round of a thread's end in which its record goes: the last, for other keys' destructors may look until then.
/// ThreadSanitizer forgets the thread in that round, before us, and its code must not run after.
constexpr int kLastRound = PTHREAD_DESTRUCTOR_ITERATIONS - (__has_feature(thread_sanitizer) ? 1 : 0);

/// One thread's copies and destructors.
struct ThreadStorage::Record {
  struct Destructor {
    const void *image;
    void (*run)(void *);
    void *object;
  };

  ThreadStorage *owner = nullptr;
  std::unique_ptr<std::atomic<void *>[]> slots; // replaced only by the record's own thread, under the lock
  std::size_t slot_count = 0;
  std::vector<Destructor> destructors; // guarded by the owner's lock
  const void *running = nullptr;       // the image whose destructor this thread is in; guarded as well
  int rounds = 0;                      // that the thread began of its keys' destructors
  const pthread_t thread = ::pthread_self();
  Record *next = nullptr;      // of `records_of_process`, guarded by its mutex
  Record **previous = nullptr; // what points at this record
};

// Rationale: `pthread_key_delete` does not wait for a thread that is on its way into `thread_exits` with a pointer to its
// record, and the record and its storage may be gone when it arrives. It finds that out here. Locked before a storage's own
// mutex.
constinit Mutex ThreadStorage::process_mutex_;
constinit ThreadStorage::Record *ThreadStorage::records_of_process_ = nullptr;

void ThreadStorage::enlist(Record &record) {
  record.next = std::exchange(records_of_process_, &record);
  record.previous = &records_of_process_;
  if (record.next != nullptr) record.next->previous = &record.next;
}

void ThreadStorage::delist(Record &record) {
  *record.previous = record.next;
  if (record.next != nullptr) record.next->previous = record.previous;
}

Result<std::unique_ptr<ThreadStorage>> ThreadStorage::create() {
  pthread_key_t key;
  if (fault::at("no pthread key is left", EAGAIN) || ::pthread_key_create(&key, &ThreadStorage::thread_exits) != 0) {
    return error(Code::kExhausted, "no pthread key is left for the thread-locals of plugins (PTHREAD_KEYS_MAX is 1024)");
  }
  return std::unique_ptr<ThreadStorage>(new ThreadStorage(key));
}

ThreadStorage::~ThreadStorage() {
  ::pthread_key_delete(key_);
  MutexLock process_lock(process_mutex_);
  MutexLock lock(mutex_);
  for (Record *record : records_) {
    delist(*record);
    for (std::size_t i = 0; i < record->slot_count; ++i) std::free(record->slots[i].load(std::memory_order_relaxed));
    delete record;
  }
}

std::size_t ThreadStorage::take_slot() {
  MutexLock lock(mutex_);
  if (free_slots_.empty()) return slots_used_++;
  const std::size_t slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

void ThreadStorage::give_back(const std::vector<std::size_t> &slots) {
  if (slots.empty()) return;
  MutexLock lock(mutex_);
  for (Record *record : records_) {
    for (std::size_t slot : slots) {
      // Relaxed: nothing of the image runs any more, and who reuses the slot learns of it through the lock.
      if (slot < record->slot_count) std::free(record->slots[slot].exchange(nullptr, std::memory_order_relaxed));
    }
  }
  free_slots_.insert(free_slots_.end(), slots.begin(), slots.end());
}

ThreadStorage::Record *ThreadStorage::record() {
  if (void *known = ::pthread_getspecific(key_)) return static_cast<Record *>(known);
  auto *record = new Record;
  record->owner = this;
  ::pthread_setspecific(key_, record);
  MutexLock process_lock(process_mutex_);
  enlist(*record);
  MutexLock lock(mutex_);
  records_.insert(record);
  return record;
}

void *ThreadStorage::address(const ThreadControl &control, std::size_t slot) {
  Record &mine = *record();
  if (slot < mine.slot_count) {
    // Relaxed: only this thread stores a copy that is not null.
    if (void *copy = mine.slots[slot].load(std::memory_order_relaxed)) return copy;
  }
  return make(mine, control, slot);
}

void *ThreadStorage::make(Record &mine, const ThreadControl &control, std::size_t slot) {
  const std::size_t align = std::max(control.align, alignof(std::max_align_t));
  void *copy = std::aligned_alloc(align, (std::max<std::size_t>(control.bytes, 1) + align - 1) & ~(align - 1));
  if (copy == nullptr) return nullptr;
  if (control.initial != nullptr) {
    std::memcpy(copy, control.initial, control.bytes);
  } else {
    std::memset(copy, 0, control.bytes);
  }
  MutexLock lock(mutex_);
  if (slot >= mine.slot_count) {
    const std::size_t count = std::max(slot + 1, std::max<std::size_t>(16, 2 * mine.slot_count));
    auto slots = std::make_unique<std::atomic<void *>[]>(count);
    for (std::size_t i = 0; i < mine.slot_count; ++i) {
      slots[i].store(mine.slots[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
    }
    mine.slots = std::move(slots);
    mine.slot_count = count;
  }
  mine.slots[slot].store(copy, std::memory_order_relaxed);
  return copy;
}

void ThreadStorage::at_thread_exit(const void *image, void (*run)(void *), void *object) {
  Record &mine = *record();
  MutexLock lock(mutex_);
  mine.destructors.push_back({image, run, object});
}

void ThreadStorage::run_destructors(const void *image) {
  const auto belongs = [image](const Record::Destructor &destructor) { return destructor.image == image; };
  mutex_.lock();
  for (auto record = records_.begin(); record != records_.end();) {
    auto &destructors = (*record)->destructors;
    const auto newest = std::find_if(destructors.rbegin(), destructors.rend(), belongs);
    if (newest == destructors.rend()) {
      ++record;
      continue;
    }
    const Record::Destructor taken = *newest;
    destructors.erase(std::next(newest).base());
    mutex_.unlock();
    call_foreign([&] { taken.run(taken.object); });
    mutex_.lock();
    record = records_.begin(); // the set may have changed meanwhile
  }
  await_running(image);
  mutex_.unlock();
}

void ThreadStorage::await_running(const void *image) {
  const auto *mine = static_cast<const Record *>(::pthread_getspecific(key_));
  destructor_done_.wait(mutex_, [&]() GRAFT_NO_THREAD_SAFETY_ANALYSIS {
    return std::none_of(records_.begin(), records_.end(),
                        [&](const Record *record) { return record != mine && record->running == image; });
  });
}

void ThreadStorage::drop_destructors(const void *image) {
  MutexLock lock(mutex_);
  for (Record *record : records_) {
    std::erase_if(record->destructors, [image](const Record::Destructor &each) { return each.image == image; });
  }
  await_running(image);
}

void ThreadStorage::leave(Record *record) {
  while (!record->destructors.empty()) {
    const Record::Destructor taken = record->destructors.back();
    record->destructors.pop_back();
    record->running = taken.image;
    mutex_.unlock();
    call_foreign([&] { taken.run(taken.object); });
    mutex_.lock();
    record->running = nullptr;
    destructor_done_.notify_all();
  }
  if (record->rounds < kLastRound) return mutex_.unlock(); // other keys' destructors may still look
  records_.erase(record);
  // Under the lock: once the record has left, its owner may go.
  ::pthread_setspecific(key_, nullptr);
  mutex_.unlock();
  for (std::size_t i = 0; i < record->slot_count; ++i) std::free(record->slots[i].load(std::memory_order_relaxed));
  delete record;
}

void ThreadStorage::thread_exits(void *opaque) {
  process_mutex_.lock();
  Record *record = records_of_process_;
  // By its thread too: another's may have been made where the one that was deleted lay.
  while (record != nullptr && (record != opaque || !::pthread_equal(record->thread, ::pthread_self())))
    record = record->next;
  if (record == nullptr) return process_mutex_.unlock(); // I3
  if (++record->rounds == kLastRound) delist(*record);
  ThreadStorage &owner = *record->owner;
  owner.mutex_.lock(); // before the list is let go: from here on the owner's destructor waits
  process_mutex_.unlock();
  // While destructors run, also those of other keys, their thread-locals must still be found.
  ::pthread_setspecific(owner.key_, record);
  owner.leave(record);
}

} // namespace graft::jit
