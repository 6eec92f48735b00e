// The store's readers and writers.
#include "store.hpp"

#include "../reload/generation.hpp"

#include <graft/base/near.hpp>

#include <sys/random.h>

#include <algorithm>

namespace graft {
namespace {

// Random, so that one runtime's handle resolves in no other, and no counter is shared by the process.
std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != sizeof bits) bits = reinterpret_cast<std::uint64_t>(&bits);
  return bits | 1;
}

Error no_memory(const ContractEntry &contract) {
  return error(Code::kExhausted, "there is no memory for a table of contract '" + contract.name + "'");
}

std::string versioned(const ContractEntry &contract, std::uint32_t minor) {
  return contract.name + "@" + std::to_string(contract.major) + "." + std::to_string(minor);
}

} // namespace

Store::Store() : Store(static_cast<std::uint32_t>(random_bits()), random_bits()) {}
Store::Store(std::uint32_t number, std::uint64_t first_tag) : instances(number, first_tag), number_(number), first_tag_(first_tag) {}
Store::~Store() = default;

graft_handle Store::handle_of(const SlotRecord &slot) const {
  return {slot.index, number_, slot.tag.load(std::memory_order_acquire)};
}

SlotRecord *Store::slot_of(graft_handle handle) const {
  // Acquire: pairs with the release in claim; the slots below the count are complete.
  if (handle.runtime != number_ || handle.index >= slot_count_.load(std::memory_order_acquire)) return nullptr;
  return slots_[handle.index];
}

Result<graft_handle> Store::find(ContractId id, std::uint32_t minor) const {
  const SlotRecord *slot = contracts_.best(id);
  if (slot == nullptr) return find_slowly(id, minor);
  const graft_handle handle = handle_of(*slot); // S6: before the order
  if (slot->order.load(std::memory_order_acquire) == 0 || slot->minor.load(std::memory_order_relaxed) < minor)
    return find_slowly(id, minor);
  return handle;
}

Result<graft_handle> Store::find_slowly(ContractId id, std::uint32_t minor) const {
  const ContractEntry *found = contracts_.find(id);
  if (found == nullptr) return error(Code::kNotFound, "no bundle ever provided this contract");
  const ContractEntry &contract = *found;
  const MutexLock lock(mutex_); // S7
  const SlotRecord *slot = contracts_.best(id);
  if (slot == nullptr) return error(Code::kNotFound, "contract '" + contract.name + "' has no provider now");
  if (const std::uint32_t has = slot->minor.load(std::memory_order_relaxed); has < minor)
    return error(Code::kIncompatible, "contract '" + contract.name + "' is provided as " + versioned(contract, has) +
                                          ", and at least " + versioned(contract, minor) + " is asked for");
  return handle_of(*slot);
}

Result<graft_handle> Store::select(const Want &want, std::optional<std::uint32_t> major) const {
  std::string known;
  {
    const MutexLock lock(mutex_);
    const SlotRecord *best = nullptr;
    const auto found = by_name_.find(want.contract);
    for (const ContractEntry *contract : found == by_name_.end() ? std::vector<ContractEntry *>() : found->second) {
      if (major && contract->major != *major) continue;
      for (const SlotRecord *slot = contract->newest.load(std::memory_order_relaxed); slot != nullptr; slot = slot->older) {
        if (slot->generation == nullptr) continue;
        const Generation &generation = *slot->generation;
        const std::uint32_t minor = slot->minor.load(std::memory_order_relaxed);
        known += (known.empty() ? "" : ", ") + versioned(*contract, minor) + " of bundle '" + generation.bundle + "' " +
                 generation.version.text;
        if (!want.versions.contains(contract->major, minor) || !want.takes_bundle(generation.family, generation.version)) continue;
        if (best == nullptr || precedes(*slot, *best)) best = slot;
      }
    }
    if (best != nullptr) return handle_of(*best);
  }
  if (!known.empty())
    return error(Code::kIncompatible, "contract '" + want.contract + "' is provided as " + known + ", and " + to_string(want) +
                                          " is asked for");
  std::string sentence = "contract '" + want.contract + (major ? "@" + std::to_string(*major) : std::string()) + "' has no provider";
  if (const std::string near = near_match(want.contract); !near.empty()) sentence += "; there is '" + near + "'";
  return error(Code::kNotFound, std::move(sentence));
}

Result<graft_handle> Store::find(std::string_view name, std::uint32_t major, std::uint32_t minor) const {
  auto handle = find(guest_contract_id(name, major), minor);
  if (handle.code() != Code::kNotFound) return handle;
  std::string sentence = "contract '" + std::string(name) + "@" + std::to_string(major) + "' has no provider";
  if (const std::string near = near_match(name); !near.empty()) sentence += "; there is '" + near + "'";
  return error(Code::kNotFound, std::move(sentence));
}

std::string Store::near_match(std::string_view name) const {
  std::vector<std::string> names;
  for (const ContractInfo &info : contracts()) {
    if (info.name == name) return info.name + "@" + std::to_string(info.major);
    names.push_back(info.name);
  }
  return nearest(name, names);
}

std::vector<graft_handle> Store::find_all(ContractId id) const {
  const ContractEntry *found = contracts_.find(id);
  if (found == nullptr) return {};
  std::vector<std::pair<std::uint64_t, graft_handle>> live;
  for (const SlotRecord *slot = found->newest.load(std::memory_order_acquire); slot != nullptr; slot = slot->older) {
    const graft_handle handle = handle_of(*slot); // S6
    const std::uint64_t order = slot->order.load(std::memory_order_acquire);
    if (order != 0) live.emplace_back(order, handle);
  }
  std::sort(live.begin(), live.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
  std::vector<graft_handle> handles;
  for (const auto &[order, handle] : live) handles.push_back(handle);
  return handles;
}

Result<Binding> Store::resolve(graft_handle handle) const {
  SlotRecord *slot = slot_of(handle);
  if (slot == nullptr) return error(Code::kInvalid, "the handle is none of this runtime's");
  // The reference is taken before the tag is checked, and `claim` looks at references after the tag moved (S4): one of the two sees
  // the other. Both are sequentially consistent for that.
  Binding binding(slot, handle);
  if (slot->tag.load(std::memory_order_seq_cst) != handle.tag)
    return error(Code::kStale, "the provider of '" + slot->contract->name + "' was unloaded; find the contract again");
  return binding;
}

Result<Binding> Store::bind(graft_handle handle, std::size_t functions, std::uint32_t minor) {
  GRAFT_TRY_ASSIGN(Binding binding, resolve(handle));
  if (functions > kMaxFunctions)
    return error(Code::kUnsupported, "a contract has at most 1,024 functions; this one has " + std::to_string(functions));
  SlotRecord &slot = *slot_of(handle);
  for (;;) {
    {
      const Pin pin(slot);
      static_cast<void>(Table::of(pin.table()).settled()); // waits, as a call would
    }
    const MutexLock lock(mutex_);
    if (slot.gate == nullptr) return bind_open(std::move(binding), slot, functions, minor);
    if (slot.gate->gate()->passes())
      return error(Code::kWouldDeadlock, "contract '" + slot.contract->name +
                                             "' is being migrated by this thread, or waits for it to leave; bind it elsewhere, or before");
  }
}

Result<Binding> Store::bind_open(Binding binding, SlotRecord &slot, std::size_t functions, std::uint32_t minor) {
  const graft_handle handle = binding.handle();
  if (slot.tag.load(std::memory_order_relaxed) != handle.tag || slot.generation == nullptr)
    return error(Code::kStale, "the provider of '" + slot.contract->name + "' was unloaded; find the contract again");
  // Again, for the slot may have moved since it was found.
  if (const std::uint32_t has = slot.minor.load(std::memory_order_relaxed); has < minor)
    return error(Code::kIncompatible, "contract '" + slot.contract->name + "' is provided as " +
                                          versioned(*slot.contract, has) + ", and at least " +
                                          versioned(*slot.contract, minor) + " is asked for");
  GRAFT_TRY(fits_host(*slot.generation, slot.contract->name, slot.contract->major));
  if (slot.references.load(std::memory_order_acquire) == 1) slot.bound_minor = 0; // only ours: what earlier ones asked for is over
  slot.bound_minor = std::max(slot.bound_minor, minor);
  if (functions <= slot.width) return binding;
  const Table &live = Table::of(slot.table.load(std::memory_order_relaxed));
  auto stale = Table::create_stale(slot.shape, functions);
  auto wider = live.width() < functions ? Table::create(*slot.generation, slot.shape, live.provided(), functions) : nullptr;
  if (stale == nullptr || (live.width() < functions && wider == nullptr)) return no_memory(*slot.contract);
  slot.width = functions;
  slot.stale.push_back(std::move(stale));
  if (wider == nullptr) return binding;
  slot.table.store(wider->entries(), std::memory_order_release); // pairs with Pin; the same functions, so no publication
  slot.generation->tables.push_back(std::move(wider));
  return binding;
}

void Store::renew(Generation &generation, const std::vector<SlotRecord *> &slots) {
  const MutexLock lock(mutex_);
  for (SlotRecord *slot : slots) {
    if (slot->generation != &generation || slot->gate != nullptr) continue; // the image leads calls on in any case
    const Table &live = Table::of(slot->table.load(std::memory_order_relaxed));
    std::vector<const void *> functions = live.provided();
    for (const void *&function : functions)
      if (function != nullptr) function = generation.image->newest(function);
    if (functions == live.provided()) continue;
    auto table = Table::create(generation, slot->shape, functions, live.width());
    if (table == nullptr) return;
    slot->table.store(table->entries(), std::memory_order_release); // pairs with Pin
    generation.tables.push_back(std::move(table));
  }
}

Result<SlotRecord *> Store::claim(const std::string &contract, std::uint16_t major) {
  const ContractId id = guest_contract_id(contract, major);
  ContractEntry *found = contracts_.find(id);
  if (found == nullptr) {
    found = &entries_.emplace_back();
    found->id = id;
    found->name = contract;
    found->major = major;
    contracts_.add(id, *found);
    const MutexLock lock(mutex_);
    by_name_[contract].push_back(found);
  }
  ContractEntry &entry = *found;
  if (entry.name != contract || entry.major != major)
    return error(Code::kConflict,
                 "contracts '" + contract + "' and '" + entry.name + "' have the same id; rename one of them");
  const MutexLock lock(mutex_);
  SlotRecord *newest = entry.newest.load(std::memory_order_relaxed);
  for (SlotRecord *slot = entry.vacant != 0 ? newest : nullptr; slot != nullptr; slot = slot->older) {
    const bool vacant = slot->order.load(std::memory_order_relaxed) == 0 && !slot->claimed;
    if (!vacant || slot->references.load(std::memory_order_seq_cst) != 0) continue; // S4
    slot->claimed = true;
    --entry.vacant;
    return slot;
  }
  SlotRecord &slot = owned_.emplace_back();
  slot.claimed = true;
  slot.contract = &entry;
  slot.publication = &publication_;
  slot.tag.store(first_tag_, std::memory_order_relaxed);
  slot.index = slot_count_.load(std::memory_order_relaxed);
  slot.older = newest;
  slots_.push_back(&slot);
  slot_count_.store(slot.index + 1, std::memory_order_release); // pairs with slot_of
  entry.newest.store(&slot, std::memory_order_release);         // pairs with find and find_all
  return &slot;
}

void Store::unclaim(SlotRecord &slot) {
  const MutexLock lock(mutex_);
  if (!slot.claimed) return;
  slot.claimed = false;
  ++slot.contract->vacant;
}

Result<void> Store::fits_host(const Generation &generation, std::string_view name, std::uint16_t major) const {
  const ContractFacts *contract = find_contract(generation.facts, name, major);
  if (contract == nullptr) return {}; // unchecked code, which the host allowed
  return views.accept({*contract, generation.facts.types, "bundle '" + generation.bundle + "'"});
}

Result<void> Store::accepts(const Change &change) const {
  const SlotRecord &slot = *change.slot;
  const std::size_t live = instances.count(slot);
  if (live != 0 && change.generation != nullptr &&
      change.generation->instances_of(slot.contract->name, slot.contract->major) == nullptr)
    return error(Code::kIncompatible, "bundle '" + change.generation->bundle + "' now provides " +
                                          versioned(*slot.contract, change.minor) + " without instances, and " +
                                          std::to_string(live) + " live; end them first");
  const bool is_bound = slot.generation != nullptr && slot.references.load(std::memory_order_acquire) != 0;
  if (change.generation == nullptr || !is_bound) return {};
  if (change.minor >= slot.bound_minor) return fits_host(*change.generation, slot.contract->name, slot.contract->major);
  return error(Code::kIncompatible, "bundle '" + change.generation->bundle + "' now provides " +
                                        versioned(*slot.contract, change.minor) + ", and the host is bound to at least " +
                                        versioned(*slot.contract, slot.bound_minor));
}

Result<void> Store::make_tables(Change &change) const {
  if (change.generation == nullptr) return {};
  const SlotRecord &slot = *change.slot;
  const bool is_new = slot.order.load(std::memory_order_relaxed) == 0;
  const std::size_t width = is_new ? change.functions.size() : std::max(slot.width, change.functions.size());
  const bool has_stale = !slot.stale.empty() && slot.stale.back()->fits(*change.shape, width);
  change.table = Table::create(*change.generation, change.shape, change.functions, width);
  if (!has_stale) change.stale = Table::create_stale(change.shape, width);
  if (change.table == nullptr || (!has_stale && change.stale == nullptr)) return no_memory(*slot.contract);
  return {};
}

Result<void> Store::publish(std::vector<Change> changes, const std::vector<SlotChange> &chains) {
  std::shared_ptr<Gate> gate;
  {
    const MutexLock lock(mutex_);
    for (const Change &change : changes) GRAFT_TRY(accepts(change));
    for (Change &change : changes) GRAFT_TRY(make_tables(change)); // S8
    std::vector<ContractEntry *> outdated;
    outdated.reserve(changes.size());
    publication_.count.fetch_add(1, std::memory_order_acq_rel); // odd: pairs with the acquire loads in View
    for (Change &change : changes) {
      SlotRecord &slot = *change.slot;
      const bool is_best = contracts_.best(slot.contract->id) == &slot;
      const bool changes_rank = change.generation == nullptr || occupy(change);
      if (change.generation == nullptr) vacate(slot);
      if (is_best && changes_rank) outdated.push_back(slot.contract);
      if (slot.gate == nullptr) continue;
      const Table &target = Table::of(slot.table.load(std::memory_order_relaxed));
      gate = lead(slot, target, change.generation != nullptr ? change.generation->tables : slot.stale);
    }
    // Behind all changes: a set that vacates many providers of one contract looks for the next best once.
    std::ranges::sort(outdated);
    outdated.erase(std::ranges::unique(outdated).begin(), outdated.end());
    for (ContractEntry *contract : outdated) find_best(*contract); // S7
    for (const SlotChange &chain : chains)
      chain.slot->table.store(chain.entries, std::memory_order_release); // pairs with Pin's acquire
    publication_.count.fetch_add(1, std::memory_order_release);
  }
  if (gate != nullptr) gate->open();
  return {};
}

void Store::vacate(SlotRecord &slot) {
  slot.order.store(0, std::memory_order_relaxed);   // S6: before the tag, whose release orders it
  slot.tag.fetch_add(1, std::memory_order_seq_cst); // S2: before the table; and see resolve
  slot.table.store(slot.stale.back()->entries(), std::memory_order_release);
  instances.leave(slot, *slot.generation);
  slot.generation = nullptr;
  ++slot.contract->vacant;
}

bool Store::occupy(Change &change) {
  SlotRecord &slot = *change.slot;
  const bool is_new = slot.order.load(std::memory_order_relaxed) == 0;
  if (is_new) slot.bound_minor = 0;
  slot.claimed = false;
  slot.shape = change.shape;
  slot.width = change.table->width();
  if (change.stale != nullptr) slot.stale.push_back(std::move(change.stale));
  const bool is_worse = slot.generation != nullptr &&
                        (change.minor < slot.minor.load(std::memory_order_relaxed) ||
                         change.generation->priority < slot.generation->priority ||
                         precedence(change.generation->version, slot.generation->version) < 0);
  if (slot.generation != nullptr) instances.hand_over(slot, *slot.generation, *change.generation);
  slot.generation = change.generation;
  slot.minor.store(change.minor, std::memory_order_relaxed);
  slot.table.store(change.table->entries(), std::memory_order_release); // pairs with Pin's acquire: the point of no return
  if (is_new) slot.order.store(next_order_++, std::memory_order_release);
  const SlotRecord *best = contracts_.best(slot.contract->id);
  const bool is_better = best == nullptr || best->generation == nullptr || precedes(slot, *best);
  if (best != &slot && is_better) contracts_.set_best(slot.contract->id, &slot);
  change.generation->tables.push_back(std::move(change.table));
  return is_worse;
}

bool Store::precedes(const SlotRecord &left, const SlotRecord &right) const {
  if (left.contract->major != right.contract->major) return left.contract->major > right.contract->major;
  const std::uint32_t minors[] = {left.minor.load(std::memory_order_relaxed), right.minor.load(std::memory_order_relaxed)};
  if (minors[0] != minors[1]) return minors[0] > minors[1];
  const Generation &ours = *left.generation, &theirs = *right.generation;
  if (ours.priority != theirs.priority) return ours.priority > theirs.priority;
  if (ours.family != theirs.family) return ours.family < theirs.family;
  if (const auto order = precedence(ours.version, theirs.version); order != 0) return order > 0;
  return left.order.load(std::memory_order_relaxed) < right.order.load(std::memory_order_relaxed);
}

void Store::find_best(ContractEntry &contract) {
  SlotRecord *best = nullptr;
  for (SlotRecord *slot = contract.newest.load(std::memory_order_relaxed); slot != nullptr; slot = slot->older)
    if (slot->generation != nullptr && (best == nullptr || precedes(*slot, *best))) best = slot;
  contracts_.set_best(contract.id, best);
}

std::vector<ContractInfo> Store::contracts() const {
  std::vector<std::pair<std::uint64_t, ContractInfo>> live;
  {
    const MutexLock lock(mutex_);
    for (const SlotRecord &slot : owned_) {
      const std::uint64_t order = slot.order.load(std::memory_order_relaxed);
      if (order == 0) continue;
      live.emplace_back(order, ContractInfo{slot.contract->name, slot.contract->major,
                                            static_cast<std::uint16_t>(slot.minor.load(std::memory_order_relaxed)),
                                            slot.contract->id, slot.generation->bundle, slot.generation->number,
                                            handle_of(slot)});
    }
  }
  std::sort(live.begin(), live.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
  std::vector<ContractInfo> infos;
  for (auto &[order, info] : live) infos.push_back(std::move(info));
  return infos;
}

Generation *Store::generation_of(graft_handle handle) const {
  SlotRecord *slot = slot_of(handle);
  if (slot == nullptr) return nullptr;
  const MutexLock lock(mutex_);
  return slot->tag.load(std::memory_order_relaxed) == handle.tag ? slot->generation : nullptr;
}

} // namespace graft
