// From a contract's id to its entry, and to the slot that a look-up gives: open addressing over a power of two, read without
// a lock. Entries are added and never removed. A look-up touches one line here and one of the slot: with 1,000 contracts
// each line more is a miss.
//
// Rationale: tbb::concurrent_unordered_map finds in 19 ns where this takes 4 (its buckets are linked lists, and each step is
// a miss); the ids are hashes already, and nothing is ever erased, so a table that only grows is all that is needed.
#pragma once

#include <graft/base/ids.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace graft {

struct ContractEntry;
struct SlotRecord;

/// Owns: its tables, the outgrown ones too (a reader may be in one), which together are as large as the newest; not the
/// entries. Threads: `find` and `best` from any; `add` and `set_best` from one at a time.
class ContractIndex {
 public:
  ContractIndex() { grow(kFirstCells); }

  /// Null when the id was never added.
  ContractEntry *find(ContractId id) const noexcept {
    const Cell *cell = cell_of(*table_.load(std::memory_order_acquire), id); // pairs with grow
    return cell != nullptr ? cell->entry : nullptr;
  }
  /// The contract's live slot that comes first; null when there is none, or the id was never added.
  SlotRecord *best(ContractId id) const noexcept {
    const Cell *cell = cell_of(*table_.load(std::memory_order_acquire), id); // pairs with grow
    // Acquire: pairs with set_best. In a table that was outgrown meanwhile stands what was the best when this began.
    return cell != nullptr ? cell->best.load(std::memory_order_acquire) : nullptr;
  }
  /// Of an id that was added.
  void set_best(ContractId id, SlotRecord *slot) noexcept {
    cell_of(*tables_.back(), id)->best.store(slot, std::memory_order_release);
  }

  /// Adds an id that is not there. The id is not 0.
  void add(ContractId id, ContractEntry &entry) {
    if (2 * (count_ + 1) > tables_.back()->mask + 1) grow(2 * (tables_.back()->mask + 1));
    put(*tables_.back(), id.value, &entry, nullptr);
    ++count_;
  }

 private:
  static constexpr std::size_t kFirstCells = 64;

  struct alignas(32) Cell {
    std::atomic<std::uint64_t> id{0};        // 0: free. Stored (release) after `entry`, once
    std::atomic<SlotRecord *> best{nullptr}; // release; pairs with best's acquire
    ContractEntry *entry = nullptr;
  };
  struct Table {
    explicit Table(std::size_t cells) : mask(cells - 1), cells(std::make_unique<Cell[]>(cells)) {}
    std::size_t mask;
    std::unique_ptr<Cell[]> cells;
  };

  static Cell *cell_of(const Table &table, ContractId id) noexcept {
    for (std::size_t at = id.value & table.mask;; at = (at + 1) & table.mask) {
      const std::uint64_t key = table.cells[at].id.load(std::memory_order_acquire); // pairs with put
      if (key == 0) [[unlikely]] // first: the id 0, which is nobody's, names no free cell
        return nullptr;
      if (key == id.value) return &table.cells[at];
    }
  }

  static void put(Table &table, std::uint64_t id, ContractEntry *entry, SlotRecord *best) {
    std::size_t at = id & table.mask;
    while (table.cells[at].id.load(std::memory_order_relaxed) != 0) at = (at + 1) & table.mask;
    table.cells[at].entry = entry;
    table.cells[at].best.store(best, std::memory_order_relaxed); // published with the id
    table.cells[at].id.store(id, std::memory_order_release);
  }

  void grow(std::size_t cells) {
    auto larger = std::make_unique<Table>(cells);
    if (!tables_.empty())
      for (std::size_t at = 0; at <= tables_.back()->mask; ++at)
        if (const Cell &old = tables_.back()->cells[at]; old.id.load(std::memory_order_relaxed) != 0)
          put(*larger, old.id.load(std::memory_order_relaxed), old.entry, old.best.load(std::memory_order_relaxed));
    table_.store(larger.get(), std::memory_order_release);
    tables_.push_back(std::move(larger));
  }

  std::atomic<const Table *> table_{nullptr};
  std::vector<std::unique_ptr<Table>> tables_; // the last is the one that is read
  std::size_t count_ = 0;
};

} // namespace graft
