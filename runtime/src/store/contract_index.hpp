// From a contract's id to its entry: open addressing over a power of two, read without a lock. Entries are added and never removed.
//
// Rationale: tbb::concurrent_unordered_map finds in 19 ns where this takes 4 (its buckets are linked lists, and each step is a miss); the
// ids are hashes already, and nothing is ever erased, so a table that only grows is all that is needed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <graft/base/ids.hpp>

namespace graft {

struct ContractEntry;

/// Owns: its tables, the outgrown ones too (a reader may be in one), which together are as large as the newest; not the entries.
/// Threads: `find` from any; `add` from one at a time.
class ContractIndex {
public:
  ContractIndex() { grow(kFirstCells); }

  /// Null when the id was never added.
  ContractEntry *find(ContractId id) const noexcept {
    if (id.value == 0) return nullptr;                           // what a free cell holds
    const Table *table = table_.load(std::memory_order_acquire); // pairs with grow
    for (std::size_t at = id.value & table->mask;; at = (at + 1) & table->mask) {
      const std::uint64_t key = table->cells[at].id.load(std::memory_order_acquire); // pairs with put
      if (key == id.value) [[likely]]
        return table->cells[at].entry;
      if (key == 0) return nullptr;
    }
  }

  /// Adds an id that is not there. The id is not 0.
  void add(ContractId id, ContractEntry &entry) {
    if (2 * (count_ + 1) > tables_.back()->mask + 1) grow(2 * (tables_.back()->mask + 1));
    put(*tables_.back(), id.value, &entry);
    ++count_;
  }

private:
  static constexpr std::size_t kFirstCells = 64;

  struct Cell {
    std::atomic<std::uint64_t> id{0}; // 0: free. Stored (release) after `entry`, once
    ContractEntry *entry = nullptr;
  };
  struct Table {
    explicit Table(std::size_t cells) : mask(cells - 1), cells(std::make_unique<Cell[]>(cells)) {}
    std::size_t mask;
    std::unique_ptr<Cell[]> cells;
  };

  static void put(Table &table, std::uint64_t id, ContractEntry *entry) {
    std::size_t at = id & table.mask;
    while (table.cells[at].id.load(std::memory_order_relaxed) != 0) at = (at + 1) & table.mask;
    table.cells[at].entry = entry;
    table.cells[at].id.store(id, std::memory_order_release);
  }

  void grow(std::size_t cells) {
    auto larger = std::make_unique<Table>(cells);
    if (!tables_.empty())
      for (std::size_t at = 0; at <= tables_.back()->mask; ++at)
        if (const std::uint64_t id = tables_.back()->cells[at].id.load(std::memory_order_relaxed); id != 0)
          put(*larger, id, tables_.back()->cells[at].entry);
    table_.store(larger.get(), std::memory_order_release);
    tables_.push_back(std::move(larger));
  }

  std::atomic<const Table *> table_{nullptr};
  std::vector<std::unique_ptr<Table>> tables_; // the last is the one that is read
  std::size_t count_ = 0;
};

} // namespace graft
