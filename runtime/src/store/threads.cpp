// Thread records: a list that only grows, whose members are reused; a thread's first pin claims one, its end gives it back.
#include "threads.hpp"

#include "table.hpp"

#include <graft/base/assert.hpp>
#include <graft/base/mutex.hpp>
#include <graft/bound.hpp>
#include <graft/jit/stack_limit.hpp>

#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace graft {

namespace detail {
namespace {
// Whose first entries are never free: a thread without a record takes the slow path and gets one.
constexpr int kTaken = 0;
constinit ThreadRecord no_record{{&kTaken, &kTaken}};
} // namespace
__thread ThreadRecord *thread_record __attribute__((tls_model("initial-exec"))) = &no_record;
} // namespace detail

namespace {

using detail::PinEntry;
using detail::ThreadRecord;

constexpr std::size_t kStackEntries = 65'536 - ThreadRecord::kEntries;
constexpr std::size_t kSpareEntries = 4'096; // kept for who cannot refuse
constexpr std::size_t kErrorBytes = 4'096;

struct Record : ThreadRecord {
  Record *next = nullptr;          // written before the record is published, constant after
  std::atomic<bool> taken{true};   // release when given back, acquire when claimed: the next owner sees an empty stack
  std::atomic<PinEntry *> top{nullptr}; // one past the last entry of the stack that may be in use; release, acquire in the scan
  std::atomic<int> thread{0};      // whose it is, as gettid says; relaxed: for people
  graft_status error_status = GRAFT_OK;
  std::size_t failed_pins = 0; // one more than there were when the call failed that left the error; 0: none did
  std::size_t error_size = 0;
  char error_text[kErrorBytes];

  PinEntry *stack() noexcept { return reinterpret_cast<PinEntry *>(this + 1); }
};

// The head of the list. Pushed with release; pairs with the acquire of whoever walks it.
std::atomic<Record *> all_records{nullptr};

pthread_key_t exit_key;
pthread_once_t exit_key_once = PTHREAD_ONCE_INIT;

// A thread ends: what it still pins (it may have been killed inside a call) is let go, and the record is free for another.
void give_back(void *memory) {
  auto *record = static_cast<Record *>(memory);
  for (PinEntry *entry = record->top.load(std::memory_order_relaxed); entry != record->stack();)
    (--entry)->store(nullptr, std::memory_order_release);
  record->top.store(record->stack(), std::memory_order_release);
  for (PinEntry &entry : record->entries) entry.store(nullptr, std::memory_order_release);
  detail::thread_record = &detail::no_record;
  jit::unwatch_stack();
  record->taken.store(false, std::memory_order_release);
}

void make_exit_key() {
  const int failed = pthread_key_create(&exit_key, give_back);
  GRAFT_ASSERT(failed == 0, "no thread-specific key is left for graft's pin records (see pthread_key_create)");
}

Record *claim_free_record() noexcept {
  for (Record *record = all_records.load(std::memory_order_acquire); record != nullptr; record = record->next) {
    bool taken = false;
    if (record->taken.compare_exchange_strong(taken, true, std::memory_order_acquire, std::memory_order_relaxed)) return record;
  }
  return nullptr;
}

// Reserved, not used: a page is taken when a pin first reaches it.
Record *make_record() noexcept {
  void *memory = mmap(nullptr, sizeof(Record) + kStackEntries * sizeof(PinEntry), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  GRAFT_ASSERT(memory != MAP_FAILED, "no address space is left for a thread's pins");
  auto *record = new (memory) Record;
  record->top.store(record->stack(), std::memory_order_relaxed);
  record->next = all_records.load(std::memory_order_relaxed);
  while (!all_records.compare_exchange_weak(record->next, record, std::memory_order_release, std::memory_order_relaxed)) {}
  return record;
}

Record *attach() noexcept {
  pthread_once(&exit_key_once, make_exit_key);
  Record *record = claim_free_record();
  if (record == nullptr) record = make_record();
  record->error_status = GRAFT_OK;
  record->error_size = 0;
  record->thread.store(::gettid(), std::memory_order_relaxed);
  detail::thread_record = record;
  pthread_setspecific(exit_key, record);
  jit::watch_stack();
  return record;
}

Record &own_record() noexcept {
  const bool has_one = detail::thread_record != &detail::no_record;
  return has_one ? *static_cast<Record *>(detail::thread_record) : *attach();
}

/// Calls `visit` with each entry of a record that may be in use, the newest first, until it says no more.
template <class Visit>
void visit_entries(Record &record, std::memory_order order, Visit visit) {
  for (PinEntry *entry = record.top.load(order); entry != record.stack();)
    if (!visit(*--entry)) return;
  for (PinEntry *entry = record.entries + ThreadRecord::kEntries; entry != record.entries;)
    if (!visit(*--entry)) return;
}

long membarrier(int command) noexcept { return syscall(SYS_membarrier, command, 0, 0); }

// Where membarrier is missing (an old kernel, a sandbox): taking away and giving back a page's write permission makes the kernel
// interrupt every processor that runs a thread of this process, which orders the same stores.
void interrupt_all_processors() noexcept {
  static constinit Mutex one_at_a_time; // another scan's last step must not come between our first and our write
  static void *page = MAP_FAILED;
  const MutexLock lock(one_at_a_time);
  if (page == MAP_FAILED) page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  GRAFT_ASSERT(page != MAP_FAILED, "no memory is left for one page");
  mprotect(page, 4096, PROT_READ | PROT_WRITE);
  *static_cast<volatile char *>(page) = 1;
  mprotect(page, 4096, PROT_READ);
}

/// One past the last entry of the calling thread's stack that is in use.
PinEntry *top_of(Record &record) noexcept {
  PinEntry *top = record.top.load(std::memory_order_relaxed);
  while (top != record.stack() && top[-1].load(std::memory_order_relaxed) == nullptr) --top; // ended since the last claim
  return top;
}

void barrier_on_all_threads() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0) interrupt_all_processors();
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

} // namespace

namespace detail {

PinEntry *claim_entry() noexcept {
  Record &record = own_record();
  for (PinEntry &entry : record.entries)
    if (entry.load(std::memory_order_relaxed) == nullptr) return &entry;
  PinEntry *const top = top_of(record);
  GRAFT_ASSERT(top != record.stack() + kStackEntries, "a thread nests more than 65,536 calls into plugins: it recurses without end");
  record.top.store(top + 1, std::memory_order_release); // pairs with the scan's acquire
  return top;
}

const void *repin(PinEntry &entry, const std::atomic<const void *> &slot) noexcept {
  const void *table = slot.load(std::memory_order_acquire);
  for (;;) { // P1
    entry.store(table, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const void *again = slot.load(std::memory_order_acquire);
    if (again == table) return table;
    table = again;
  }
}

} // namespace detail

void enable_scans() noexcept { membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED); }

std::vector<HeldPin> held_pins() {
  barrier_on_all_threads();
  std::vector<HeldPin> pins;
  for (Record *record = all_records.load(std::memory_order_acquire); record != nullptr; record = record->next)
    visit_entries(*record, std::memory_order_acquire, [&](const PinEntry &entry) {
      if (const void *table = entry.load(std::memory_order_acquire)) // pairs with ~Pin's release
        pins.push_back({table, record->thread.load(std::memory_order_relaxed)});
      return true;
    });
  return pins;
}

std::vector<const void *> pinned_tables() {
  std::vector<const void *> tables;
  for (const HeldPin &pin : held_pins()) tables.push_back(pin.table);
  std::sort(tables.begin(), tables.end());
  return tables;
}

bool pins_any(const std::vector<const Generation *> &generations) noexcept {
  bool found = false;
  visit_entries(own_record(), std::memory_order_relaxed, [&](const PinEntry &entry) {
    const void *entries = entry.load(std::memory_order_relaxed);
    const Generation *generation = entries != nullptr ? Table::of(entries).generation() : nullptr;
    found = generation != nullptr && std::find(generations.begin(), generations.end(), generation) != generations.end();
    return !found;
  });
  return found;
}

const void *innermost_pin() noexcept {
  const void *found = nullptr;
  visit_entries(own_record(), std::memory_order_relaxed, [&](const PinEntry &entry) {
    found = entry.load(std::memory_order_relaxed);
    return found == nullptr;
  });
  return found;
}

const void *take_pin(const Slot &slot) noexcept { return detail::repin(*detail::claim_entry(), slot.table); }

const void *take_pin(const Table &table) noexcept {
  detail::claim_entry()->store(table.entries(), std::memory_order_release);
  return table.entries();
}

void end_pin(const void *table) noexcept {
  visit_entries(own_record(), std::memory_order_relaxed, [&](PinEntry &entry) {
    if (entry.load(std::memory_order_relaxed) != table) return true;
    entry.store(nullptr, std::memory_order_release);
    return false;
  });
}

std::size_t pin_count() noexcept {
  std::size_t count = 0;
  visit_entries(own_record(), std::memory_order_relaxed, [&](const PinEntry &entry) {
    count += entry.load(std::memory_order_relaxed) != nullptr ? 1 : 0;
    return true;
  });
  return count;
}

std::size_t end_pins_beyond(std::size_t count) noexcept {
  const std::size_t has = pin_count();
  std::size_t left = has > count ? has - count : 0;
  visit_entries(own_record(), std::memory_order_relaxed, [&](PinEntry &entry) {
    if (left == 0) return false;
    if (entry.load(std::memory_order_relaxed) == nullptr) return true;
    entry.store(nullptr, std::memory_order_release); // pairs with the scan's acquire, as in ~Pin
    --left;
    return true;
  });
  return has > count ? has - count : 0;
}

void set_last_error(graft_status status, std::string_view text) noexcept {
  Record &record = own_record();
  record.error_status = status;
  record.failed_pins = 0;
  record.error_size = std::min(text.size(), kErrorBytes);
  text.copy(record.error_text, record.error_size); // not memcpy, which a null pointer must not reach
}

void set_call_error(graft_status status, std::string_view text) noexcept {
  set_last_error(status, text);
  own_record().failed_pins = pin_count() + 1;
}

bool has_call_failed() noexcept {
  const Record &record = own_record();
  return record.error_status != GRAFT_OK && record.failed_pins == pin_count() + 1;
}

bool is_full_of_pins() noexcept {
  Record &record = own_record();
  return top_of(record) >= record.stack() + (kStackEntries - kSpareEntries);
}

graft_status last_error_status() noexcept { return own_record().error_status; }

std::string_view last_error_text() noexcept {
  const Record &record = own_record();
  return {record.error_text, record.error_size};
}

std::size_t copy_last_error(char *out, std::size_t capacity) noexcept {
  const std::string_view text = last_error_text();
  if (out == nullptr || capacity == 0) return text.size();
  const std::size_t size = std::min(text.size(), capacity - 1);
  std::memcpy(out, text.data(), size);
  out[size] = '\0';
  return text.size();
}

} // namespace graft
