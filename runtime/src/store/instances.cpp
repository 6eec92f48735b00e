// Making and ending instances; moving their states when a publication does.
#include "instances.hpp"

#include "../reload/generation.hpp"
#include "store.hpp"
#include "threads.hpp"

#include <algorithm>

namespace graft {
namespace {

using Create = graft_status(const graft_instance_args *args, void **self);
using Destroy = void(void *self);

template <class Function>
Function *entry(const Table &table, std::size_t index) {
  return reinterpret_cast<Function *>(const_cast<void *>(static_cast<const void *const *>(table.entries())[index]));
}

/// The table that a call through the pin would end in, after waiting as a call would. kStale, kWouldDeadlock.
Result<const Table *> settle(const Pin &pin) {
  const Table &table = Table::of(pin.table());
  if (const auto gate = table.gate(); gate != nullptr && !gate->is_open() && gate->is_owner())
    return error(Code::kWouldDeadlock, "instances of " + table.shape().contract +
                                           " are being carried over by this very thread; make and end them elsewhere");
  const Table &settled = table.settled();
  if (settled.generation() == nullptr)
    return error(Code::kStale, settled.shape().contract + " was unloaded; find a provider again");
  return &settled;
}

std::string last_error_behind(std::string sentence) {
  if (const std::string_view text = last_error_text(); !text.empty()) sentence += ": " + std::string(text);
  return sentence;
}

/// `destroy` through its table, which takes the cell. Fails when it threw or ran out of stack; its cell is free all the same.
Result<void> call_destroy(Destroy *destroy, InstanceRecord &record) {
  set_last_error(GRAFT_OK, {});
  destroy(&record);
  if (!has_call_failed()) return {};
  return error(static_cast<Code>(last_error_status()), std::string(last_error_text()));
}

} // namespace

Result<graft_instance> Instances::create(const Binding &provider, std::string_view data) {
  if (!provider) return error(Code::kInvalid, "an instance is made through a binding that names a provider");
  auto &slot = const_cast<SlotRecord &>(static_cast<const SlotRecord &>(provider.slot()));
  const Pin pin(slot);
  GRAFT_TRY_ASSIGN(const Table *const table, settle(pin));
  const Generation &generation = *table->generation();
  const std::string what = table->shape().contract + " of bundle '" + generation.bundle + "'";
  const InstanceFacts *facts = generation.instances_of(slot.contract->name, slot.contract->major);
  if (facts == nullptr)
    return error(Code::kUnsupported, what + " has no instances: its contract does not begin with create and destroy");
  const Type &type = generation.facts.types[facts->type];
  GRAFT_TRY_ASSIGN(auto object, KeptObject::create(slot.contract->name, type.size, type.align, words_of(facts->packed)));

  InstanceRecord &record = claim(slot, generation, object);
  graft_instance_args args{sizeof args, 0, {data.data(), data.size()}};
  void *self = object->memory();
  set_last_error(GRAFT_OK, {});
  const graft_status status = entry<Create>(*table, 0)(&args, &self);
  if (status != GRAFT_OK || self != object->memory()) {
    free(record);
    if (status == GRAFT_OK)
      return error(Code::kInvalid, "'create' of " + what +
                                       " put another pointer into *self; the state lives in the memory that it was given");
    return error(static_cast<Code>(status),
                 last_error_behind("'create' of " + what + " refused with status " + std::to_string(status)));
  }
  record.self.store(self, std::memory_order_release); // pairs with the load in InstanceCode
  {
    const MutexLock lock(mutex_);
    if (slot.tag.load(std::memory_order_acquire) == provider.handle().tag) { // S2; after it, `leave` meets a live one
      record.state = InstanceRecord::State::kLive;
      return handle_of(record);
    }
  }
  (void)call_destroy(entry<Destroy>(*table, 1), record);
  free(record);
  return error(Code::kStale, what + " was unloaded while it made an instance");
}

Result<void> Instances::destroy(graft_instance handle) {
  InstanceRecord *record = nullptr;
  SlotRecord *slot = nullptr;
  {
    const MutexLock lock(mutex_);
    GRAFT_TRY_ASSIGN(record, find(handle));
    slot = record->slot;
  }
  const Pin pin(*slot);
  GRAFT_TRY_ASSIGN(const Table *const table, settle(pin));
  {
    const MutexLock lock(mutex_);
    GRAFT_TRY_ASSIGN(record, find(handle)); // again: it may have ended meanwhile
    record->state = InstanceRecord::State::kEnding;
    ++record->tag; // N2
    drop_from_group(*record);
  }
  Result<void> ended = call_destroy(entry<Destroy>(*table, 1), *record);
  free(*record);
  if (ended) return {};
  const char *const verb = ended.error().code == Code::kException ? "' threw: " : "' failed: ";
  return error(ended.error().code,
               "'destroy' of " + table->shape().contract + " in bundle '" + table->shape().bundle + verb + ended.error().message);
}

Result<std::pair<Binding, void *>> Instances::resolve(graft_instance handle) const {
  const MutexLock lock(mutex_);
  GRAFT_TRY_ASSIGN(InstanceRecord *const record, find(handle));
  SlotRecord &slot = *record->slot;
  Binding binding(&slot, {slot.index, runtime_, slot.tag.load(std::memory_order_acquire)});
  return std::pair<Binding, void *>(std::move(binding), static_cast<detail::InstanceCell *>(record));
}

detail::InstanceCell *Instances::hold(graft_instance handle) {
  const MutexLock lock(mutex_);
  const auto record = find(handle);
  if (!record) return nullptr;
  (*record)->references.fetch_add(1, std::memory_order_relaxed); // claimed under the same mutex
  return *record;
}

Result<InstanceRecord *> Instances::find(graft_instance handle) const {
  if (handle.runtime != runtime_ || handle.index >= records_.size())
    return error(Code::kInvalid, "the instance is none of this runtime's");
  InstanceRecord &record = records_[handle.index];
  if (record.tag != handle.tag || record.state != InstanceRecord::State::kLive)
    return error(Code::kStale, "the instance ended; create another");
  return &record;
}

InstanceRecord &Instances::claim(SlotRecord &slot, const Generation &generation, std::shared_ptr<KeptObject> object) {
  constexpr std::size_t kLooks = 8; // what hosts still name is left for later
  const MutexLock lock(mutex_);
  InstanceRecord *record = nullptr;
  for (std::size_t look = std::min(kLooks, free_.size()); record == nullptr && look > 0; --look) {
    InstanceRecord *const next = free_.front();
    free_.pop_front();
    if (next->references.load(std::memory_order_acquire) == 0) // pairs with ~Instance
      record = next;
    else
      free_.push_back(next);
  }
  if (record == nullptr) {
    record = &records_.emplace_back();
    record->index = static_cast<std::uint32_t>(records_.size() - 1);
    record->tag = first_tag_;
  }
  record->state = InstanceRecord::State::kCreating;
  record->slot = &slot;
  record->object = std::move(object);
  Group &group = groups_[&slot];
  group.bundle = generation.bundle;
  record->born = generation.number;
  record->place = group.records.size();
  group.records.push_back(record);
  return *record;
}

void Instances::drop_from_group(InstanceRecord &record) {
  std::vector<InstanceRecord *> &records = groups_.find(record.slot)->second.records;
  records.back()->place = record.place;
  records[record.place] = records.back();
  records.pop_back();
  if (records.empty()) groups_.erase(record.slot);
}

void Instances::free(InstanceRecord &record) {
  record.self.store(nullptr, std::memory_order_release); // N2
  const MutexLock lock(mutex_);
  if (record.state == InstanceRecord::State::kCreating) {
    drop_from_group(record);
    ++record.tag;
  }
  record.state = InstanceRecord::State::kFree;
  record.object.reset();
  free_.push_back(&record);
}

std::size_t Instances::count(const SlotRecord &slot) const {
  const MutexLock lock(mutex_);
  const auto group = groups_.find(&slot);
  return group == groups_.end() ? 0 : group->second.records.size();
}

std::size_t Instances::count(const std::vector<SlotRecord *> &slots) const {
  std::size_t all = 0;
  for (const SlotRecord *slot : slots) all += count(*slot);
  return all;
}

std::vector<DisplacedState> Instances::states(const SlotRecord &slot) const {
  const MutexLock lock(mutex_);
  std::vector<DisplacedState> states;
  const auto group = groups_.find(&slot);
  if (group == groups_.end()) return states;
  for (InstanceRecord *record : group->second.records) {
    GRAFT_ASSERT(record->state == InstanceRecord::State::kLive, "N1: nobody makes an instance behind a closed gate");
    states.push_back({record, record->tag, 0, record->object});
  }
  return states;
}

std::vector<std::shared_ptr<KeptObject>> Instances::objects(const SlotRecord &slot) const {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<KeptObject>> objects;
  if (const auto group = groups_.find(&slot); group != groups_.end())
    for (const InstanceRecord *record : group->second.records)
      if (record->object != nullptr) objects.push_back(record->object);
  return objects;
}

void Instances::hand_over(const SlotRecord &slot, Generation &from, Generation &to) {
  const MutexLock lock(mutex_);
  std::vector<DisplacedState> rest;
  const InstanceFacts *was =
      slot.generation != nullptr ? from.instances_of(slot.contract->name, slot.contract->major) : nullptr;
  for (DisplacedState &state : to.displaced) {
    InstanceRecord &record = *state.record;
    if (record.slot != &slot || record.tag != state.tag) { // another slot's, or it ended since
      rest.push_back(std::move(state));
      continue;
    }
    GRAFT_ASSERT(was != nullptr, "states are carried over from a type that the old version named");
    state.type = was->type;
    std::swap(record.object, state.object);
    record.self.store(record.object->memory(), std::memory_order_release); // pairs with the load in InstanceCode
    from.displaced.push_back(std::move(state));
  }
  to.displaced = std::move(rest);
}

void Instances::leave(const SlotRecord &slot, const Generation &generation) {
  const MutexLock lock(mutex_);
  const auto found = groups_.find(&slot);
  if (found == groups_.end()) return;
  const std::vector<InstanceRecord *> records = found->second.records;
  for (InstanceRecord *record : records) {
    if (record->state != InstanceRecord::State::kLive) continue; // who makes it sees that the slot was vacated
    record->state = InstanceRecord::State::kLeft;
    ++record->tag;
    Group &left = left_[&generation];
    left.bundle = found->second.bundle;
    left.records.push_back(record);
  }
  for (InstanceRecord *record : records)
    if (record->state == InstanceRecord::State::kLeft) drop_from_group(*record);
}

std::size_t Instances::end_left(Generation &generation) {
  for (std::size_t ended = 0;; ++ended) {
    InstanceRecord *record = nullptr;
    {
      const MutexLock lock(mutex_);
      const auto left = left_.find(&generation);
      if (left == left_.end()) return ended;
      record = left->second.records.back(); // named there until it is gone, so that what it points into is not unmapped
    }
    const StagedProvider *provider = generation.provider_of(record->slot->contract->name, record->slot->contract->major);
    GRAFT_ASSERT(provider != nullptr && provider->functions.size() > 1, "N3: a generation ends what its own code can end");
    (void)call_destroy(reinterpret_cast<Destroy *>(const_cast<void *>(provider->functions[1])), *record);
    {
      const MutexLock lock(mutex_);
      const auto left = left_.find(&generation);
      left->second.records.pop_back();
      if (left->second.records.empty()) left_.erase(left);
    }
    free(*record);
  }
}

bool Instances::may_reach(const Generation &generation) const {
  const MutexLock lock(mutex_);
  const auto leads_there = [&](const InstanceRecord *record) {
    if (record->object == nullptr) return false;
    if (points_into(*record->object, *generation.image)) return true;
    const InstanceFacts *facts = generation.instances_of(record->slot->contract->name, record->slot->contract->major);
    return facts != nullptr && !facts->reaches.empty() && record->born <= generation.number;
  };
  const auto any = [&](const Group &group) {
    return group.bundle == generation.bundle && std::ranges::any_of(group.records, leads_there);
  };
  const auto is_other = [&](const auto &left) { return left.first != &generation && any(left.second); };
  return std::ranges::any_of(groups_, [&](const auto &group) { return any(group.second); }) ||
         std::ranges::any_of(left_, is_other);
}

} // namespace graft
