// What a commit does to slots before it publishes: it shows new tables to those that start together, and closes gates before
// old ones.
#include "../reload/generation.hpp"
#include "store.hpp"
#include "threads.hpp"

#include <algorithm>
#include <utility>

namespace graft {

Result<void> Store::stage(const Change &change) {
  if (change.generation == nullptr) return {};
  const MutexLock lock(mutex_);
  auto table = Table::create(*change.generation, change.shape, change.functions,
                             std::max(change.slot->width, change.functions.size()));
  if (table == nullptr)
    return error(Code::kExhausted, "there is no memory for a table of contract '" + change.slot->contract->name + "'");
  staged_.push_back({change.slot, change.minor, table.get()});
  change.generation->tables.push_back(std::move(table));
  has_staged_.store(true, std::memory_order_relaxed);
  return {};
}

void Store::unstage() {
  if (!has_staged()) return;
  const MutexLock lock(mutex_);
  staged_.clear();
  has_staged_.store(false, std::memory_order_relaxed);
}

std::optional<graft_handle> Store::staged_find(std::string_view name, std::uint32_t major, std::uint32_t minor) const {
  const MutexLock lock(mutex_);
  for (const Staged &staged : staged_)
    if (staged.slot->contract->name == name && staged.slot->contract->major == major && staged.minor >= minor)
      return handle_of(*staged.slot);
  return {};
}

graft_handle Store::staged_handle(const Want &want, const Generation &generation) const {
  const MutexLock lock(mutex_);
  for (const Staged &staged : staged_)
    if (staged.table->generation() == &generation && staged.slot->contract->name == want.contract)
      return handle_of(*staged.slot);
  return {};
}

const void *Store::staged_pin(graft_handle handle) const {
  const MutexLock lock(mutex_); // held while it is pinned: what is staged does not go meanwhile
  for (const Staged &staged : staged_)
    if (const graft_handle known = handle_of(*staged.slot); known.index == handle.index && known.tag == handle.tag)
      return take_pin(*staged.table);
  return nullptr;
}

Result<std::shared_ptr<Gate>> Store::close(const std::vector<SlotRecord *> &slots, std::vector<const Generation *> old) {
  auto gate = std::make_shared<Gate>(std::move(old)); // shared with the tables behind it
  std::vector<std::unique_ptr<Table>> tables;
  const MutexLock lock(mutex_);
  for (const SlotRecord *slot : slots) {
    tables.push_back(Table::create_gate(gate, Table::of(slot->table.load(std::memory_order_relaxed))));
    if (tables.back() == nullptr)
      return error(Code::kExhausted, "there is no memory for the gate before '" + slot->contract->name + "'");
  }
  publication_.count.fetch_add(1, std::memory_order_acq_rel); // odd: a View sees all of them behind the gate, or none
  for (std::size_t i = 0; i < slots.size(); ++i) {
    SlotRecord &slot = *slots[i];
    slot.behind = &Table::of(slot.table.load(std::memory_order_relaxed));
    slot.gate = std::move(tables[i]);
    slot.table.store(slot.gate->entries(), std::memory_order_release); // pairs with Pin's acquire
  }
  publication_.count.fetch_add(1, std::memory_order_release);
  return gate;
}

void Store::reopen(const std::vector<SlotRecord *> &slots) {
  std::shared_ptr<Gate> gate;
  {
    const MutexLock lock(mutex_);
    publication_.count.fetch_add(1, std::memory_order_acq_rel); // odd, as in close
    for (SlotRecord *slot : slots) {
      slot->table.store(slot->behind->entries(), std::memory_order_release); // pairs with Pin's acquire
      gate = lead(*slot, *slot->behind, slot->generation->tables);
    }
    publication_.count.fetch_add(1, std::memory_order_release);
  }
  if (gate != nullptr) gate->open();
}

std::shared_ptr<Gate> Store::lead(SlotRecord &slot, const Table &target, std::vector<std::unique_ptr<Table>> &owner) {
  slot.gate->lead_to(target);
  std::shared_ptr<Gate> gate = slot.gate->gate();
  owner.insert(owner.begin(), std::move(slot.gate)); // G1; of stale tables the last is the current one
  slot.behind = nullptr;
  return gate;
}

} // namespace graft
