// The call path: a slot, the calling thread's pins, and a pin for one scope. Everything that a call costs is in this header.
//
// The protocol (design record 0002), whose invariants the code and the tests cite:
//   P1  A reader stores the table in its own entry before it trusts it: store entry, compiler barrier, load the slot again,
//       repeat if it moved.
//   P2  A writer publishes, then issues membarrier, then scans all entries. So a reader whose second load came before the
//       barrier is seen by the scan, and one whose second load came after it sees the new table.
//   P3  What a scan finds in no entry, and no slot names, is never reached again.
//   P4  An entry that is null is free. A thread's pins nest, outermost first in `entries`; a pin ends on the thread and in the scope
//       where it began.
#pragma once

#include <atomic>
#include <cstdint>

#include <graft/base/export.hpp>

namespace graft {

namespace detail {

using PinEntry = std::atomic<const void *>;

/// One thread's pins. Made at the thread's first pin, reused by another thread after it ends; never freed. Its entries are written by
/// the owning thread (release) and read by writers' scans (acquire).
///
/// Rationale: nearly every pin is its thread's only one, or the second (a plugin that calls a plugin), so those try an entry each. A stack
/// pointer that every pin moves would chain each call to the one before it through memory, and cost as much as the call.
struct ThreadRecord {
  static constexpr int kEntries = 8;
  PinEntry entries[kEntries] = {};
};

/// The calling thread's record; before its first pin a record that is always taken, so that the call path has one test. Initial-exec, so
/// that reading it is two loads in a host too.
extern GRAFT_API __thread ThreadRecord *thread_record __attribute__((tls_model("initial-exec")));

/// A free entry for a thread that has no record yet, or whose first two are taken. Ends the process when a thread nests 65,536 pins.
GRAFT_API PinEntry *claim_entry() noexcept;
/// P1's repetition, for a slot that moved under the reader.
GRAFT_API const void *repin(PinEntry &entry, const std::atomic<const void *> &table) noexcept;

/// Counts publications of one runtime: even between them, odd while slots move.
struct Publication {
  std::atomic<std::uint64_t> count{0};
};

} // namespace detail

/// The stable place of one (bundle, contract): holds the table that calls go to now.
///
/// Owned by the runtime; never freed before it. A vacated slot holds a table whose functions report GRAFT_STALE.
struct alignas(64) Slot {
  /// The first function pointer of the current table. Stored (release) by the commit, loaded (acquire) by pins.
  std::atomic<const void *> table{nullptr};
  /// Changes when the slot is vacated, before `table` does (release; pairs with the acquire in `resolve`).
  std::atomic<std::uint64_t> tag{0};
  /// Bindings that name this slot: while there are any, a vacated slot is not given to another bundle.
  std::atomic<std::uint32_t> references{0};
  const detail::Publication *publication = nullptr;
};

/// While it lives, the generation that `table()` belongs to stays mapped.
///
/// Threads: made and destroyed on one thread, in one scope; neither moved nor kept.
class Pin {
public:
  explicit Pin(const Slot &slot) noexcept {
    entry_ = detail::thread_record->entries;
    if (entry_->load(std::memory_order_relaxed) != nullptr) [[unlikely]] {
      ++entry_;
      if (entry_->load(std::memory_order_relaxed) != nullptr) [[unlikely]] entry_ = detail::claim_entry();
    }
    take(slot);
  }

  ~Pin() { entry_->store(nullptr, std::memory_order_release); } // pairs with the scan's acquire: all our reads came before

  Pin(const Pin &) = delete;
  Pin &operator=(const Pin &) = delete;
  static void *operator new(std::size_t) = delete;

  const void *table() const noexcept { return table_; }

private:
  template <class... Contracts>
  friend class View;

  void take(const Slot &slot) noexcept {
    table_ = slot.table.load(std::memory_order_acquire); // pairs with the commit's release
    entry_->store(table_, std::memory_order_release);    // release: a scan that reads it has seen this thread's earlier unpin
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (slot.table.load(std::memory_order_acquire) != table_) [[unlikely]]
      table_ = detail::repin(*entry_, slot.table);
  }

  detail::PinEntry *entry_;
  const void *table_;
};

/// A pin that is used like a pointer to the contract's table, for one full expression.
template <class Contract>
class Pinned : public Pin {
public:
  using Pin::Pin;
  const Contract *operator->() const noexcept { return static_cast<const Contract *>(table()); }
  const Contract &operator*() const noexcept { return *static_cast<const Contract *>(table()); }
};

} // namespace graft
