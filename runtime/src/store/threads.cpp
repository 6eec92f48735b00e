// Thread records: a list that only grows, whose members are reused; a thread's first pin claims one, its end gives it back.
#include "threads.hpp"

#include <graft/base/assert.hpp>
#include <graft/bound.hpp>

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
__thread ThreadRecord *thread_record __attribute__((tls_model("initial-exec"))) = nullptr;
} // namespace detail

namespace {

using detail::PinEntry;
using detail::ThreadRecord;

constexpr std::size_t kEntries = 65'536;
constexpr std::size_t kErrorBytes = 4'096;

struct Record : ThreadRecord {
  Record *next = nullptr;          // written before the record is published, constant after
  std::atomic<bool> taken{true};   // release when given back, acquire when claimed: the next owner sees an empty stack
  graft_status error_status = GRAFT_OK;
  std::size_t error_size = 0;
  char error_text[kErrorBytes];
};

// The head of the list. Pushed with release; pairs with the acquire of whoever walks it.
std::atomic<Record *> all_records{nullptr};

pthread_key_t exit_key;
pthread_once_t exit_key_once = PTHREAD_ONCE_INIT;

// A thread ends: what it still pins (it may have been killed inside a call) is let go, and the record is free for another.
void give_back(void *memory) {
  auto *record = static_cast<Record *>(memory);
  for (PinEntry *entry = record->top.load(std::memory_order_relaxed); entry != record->begin;)
    (--entry)->store(nullptr, std::memory_order_release);
  record->top.store(record->begin, std::memory_order_release);
  detail::thread_record = nullptr;
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
  void *memory = mmap(nullptr, sizeof(Record) + kEntries * sizeof(PinEntry), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  GRAFT_ASSERT(memory != MAP_FAILED, "no address space is left for a thread's pins");
  auto *record = new (memory) Record;
  record->begin = reinterpret_cast<PinEntry *>(record + 1);
  record->end = record->begin + kEntries;
  record->top.store(record->begin, std::memory_order_relaxed);
  record->next = all_records.load(std::memory_order_relaxed);
  while (!all_records.compare_exchange_weak(record->next, record, std::memory_order_release, std::memory_order_relaxed)) {}
  return record;
}

Record &own_record() noexcept {
  if (detail::thread_record == nullptr) detail::prepare_thread();
  return *static_cast<Record *>(detail::thread_record);
}

long membarrier(int command) noexcept { return syscall(SYS_membarrier, command, 0, 0); }

// Where membarrier is missing (an old kernel, a sandbox): taking away and giving back a page's write permission makes the kernel
// interrupt every processor that runs a thread of this process, which orders the same stores.
void interrupt_all_processors() noexcept {
  static std::atomic<void *> page{nullptr};
  void *memory = page.load(std::memory_order_acquire);
  if (memory == nullptr) {
    memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    GRAFT_ASSERT(memory != MAP_FAILED, "no memory is left for one page");
    void *expected = nullptr;
    if (!page.compare_exchange_strong(expected, memory, std::memory_order_acq_rel)) {
      munmap(memory, 4096);
      memory = expected;
    }
  }
  mprotect(memory, 4096, PROT_READ | PROT_WRITE);
  *static_cast<volatile char *>(memory) = 1;
  mprotect(memory, 4096, PROT_READ);
}

void barrier_on_all_threads() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0) interrupt_all_processors();
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

} // namespace

namespace detail {

ThreadRecord *prepare_thread() noexcept {
  GRAFT_ASSERT(thread_record == nullptr, "a thread nests more than 65,536 calls into plugins: it recurses without end");
  pthread_once(&exit_key_once, make_exit_key);
  Record *record = claim_free_record();
  if (record == nullptr) record = make_record();
  record->error_status = GRAFT_OK;
  record->error_size = 0;
  thread_record = record;
  pthread_setspecific(exit_key, record);
  return record;
}

} // namespace detail

void enable_scans() noexcept { membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED); }

std::vector<const void *> pinned_tables() {
  barrier_on_all_threads();
  std::vector<const void *> tables;
  for (Record *record = all_records.load(std::memory_order_acquire); record != nullptr; record = record->next) {
    PinEntry *const top = record->top.load(std::memory_order_acquire); // pairs with the release in Pin
    for (PinEntry *entry = record->begin; entry != top; ++entry)
      if (const void *table = entry->load(std::memory_order_acquire)) tables.push_back(table); // pairs with ~Pin's release
  }
  std::sort(tables.begin(), tables.end());
  return tables;
}

const void *innermost_pin() noexcept {
  ThreadRecord *record = detail::thread_record;
  if (record == nullptr) return nullptr;
  for (PinEntry *entry = record->top.load(std::memory_order_relaxed); entry != record->begin;)
    if (const void *table = (--entry)->load(std::memory_order_relaxed)) return table;
  return nullptr;
}

const void *take_pin(const Slot &slot) noexcept {
  ThreadRecord &record = own_record();
  PinEntry *entry = record.top.load(std::memory_order_relaxed);
  if (entry == record.end) detail::prepare_thread(); // ends the process with a sentence
  record.top.store(entry + 1, std::memory_order_release);
  const void *table = slot.table.load(std::memory_order_acquire);
  for (;;) { // P1
    entry->store(table, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const void *again = slot.table.load(std::memory_order_acquire);
    if (again == table) return table;
    table = again;
  }
}

void end_pin(const void *table) noexcept {
  ThreadRecord &record = own_record();
  PinEntry *top = record.top.load(std::memory_order_relaxed);
  for (PinEntry *entry = top; entry != record.begin;) {
    if ((--entry)->load(std::memory_order_relaxed) != table) continue;
    entry->store(nullptr, std::memory_order_release);
    break;
  }
  while (top != record.begin && top[-1].load(std::memory_order_relaxed) == nullptr) --top;
  record.top.store(top, std::memory_order_release);
}

void set_last_error(graft_status status, std::string_view text) noexcept {
  Record &record = own_record();
  record.error_status = status;
  record.error_size = std::min(text.size(), kErrorBytes);
  std::memcpy(record.error_text, text.data(), record.error_size);
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
