// The instances of one runtime: which state belongs to which handle, slot and generation.
//
//   free --create()--> creating ----> live --destroy()--> ending --> free
//                          |            +----leave()----> left --end_left()--> free
//                          +--- refused, or its slot was vacated ------------------^
//
//   N1  `creating` and `ending` last while plugin code runs, under a pin of its generation. So no generation is unmapped
//   under them, and
//       who drained a slot's generations behind a closed gate meets live ones only.
//   N2  A record's tag changes when it is live no longer; its cell holds null when its state is gone, before it is used
//   again. N3  A live instance ends once: in `destroy`, or, when its slot is vacated, in the `stop` of the generation that
//   left, by its code.
#pragma once

#include "../reload/kept_object.hpp"

#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>
#include <graft/instance.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace graft {

struct Generation;
struct SlotRecord;

/// Where one instance's state is. Guarded by the registry's mutex, except for the cell.
struct InstanceRecord : detail::InstanceCell {
  enum class State : std::uint8_t { kFree, kCreating, kLive, kEnding, kLeft };
  State state = State::kFree;
  std::uint32_t index = 0;
  std::uint64_t tag = 0;
  SlotRecord *slot = nullptr;
  std::size_t place = 0;              ///< in its slot's group
  std::uint64_t born = 0;             ///< the generation that made it
  std::shared_ptr<KeptObject> object; ///< shared with scans that look at it without the lock
};

/// A state that an instance of this tag has no longer, or not yet. Ended by its own generation, through its type's
/// destructor.
struct DisplacedState {
  InstanceRecord *record = nullptr;
  std::uint64_t tag = 0;
  TypeIndex type = 0;
  std::shared_ptr<KeptObject> object; ///< shared as in InstanceRecord
};

/// Owns: the records and the states. Threads: any; no plugin code runs under the mutex.
class Instances {
 public:
  explicit Instances(std::uint32_t runtime, std::uint64_t first_tag) : runtime_(runtime), first_tag_(first_tag) {}

  Result<graft_instance> create(const Binding &provider, std::string_view data);
  Result<void> destroy(graft_instance handle);
  Result<std::pair<Binding, void *>> resolve(graft_instance handle) const;
  /// The cell, with one more reference; null when the instance ended.
  detail::InstanceCell *hold(graft_instance handle);

  /// Live ones and those that are being made.
  std::size_t count(const SlotRecord &slot) const;
  std::size_t count(const std::vector<SlotRecord *> &slots) const;

  /// The live states of a slot, for who drained its generations behind a closed gate (N1).
  std::vector<DisplacedState> states(const SlotRecord &slot) const;
  /// What the slot's instances hold, in whatever state they are.
  std::vector<std::shared_ptr<KeptObject>> objects(const SlotRecord &slot) const;
  /// Gives the slot's instances the states that `to` prepared, and `from` those that they had. Inside a publication.
  void hand_over(const SlotRecord &slot, Generation &from, Generation &to);
  /// The slot is vacated: its instances end with `generation` (N3). Inside a publication.
  void leave(const SlotRecord &slot, const Generation &generation);
  /// Calls `destroy` for those that left with `generation`; says how many there were.
  std::size_t end_left(Generation &generation);

  /// Whether a state of the generation's bundle may lead into the generation's memory: a word of it points there, or the
  /// generation saw it and its type says that there may be more behind its pointers (K4).
  bool may_reach(const Generation &generation) const;

 private:
  struct Group {
    std::string bundle;
    std::vector<InstanceRecord *> records;
  };

  InstanceRecord &claim(SlotRecord &slot, const Generation &generation, std::shared_ptr<KeptObject> object);
  /// Ends what `record` had and frees it.
  void free(InstanceRecord &record);
  Result<InstanceRecord *> find(graft_instance handle) const GRAFT_REQUIRES(mutex_);
  void drop_from_group(InstanceRecord &record) GRAFT_REQUIRES(mutex_);
  graft_instance handle_of(const InstanceRecord &record) const { return {record.index, runtime_, record.tag}; }

  const std::uint32_t runtime_;
  const std::uint64_t first_tag_;
  mutable Mutex mutex_;
  mutable std::deque<InstanceRecord> records_ GRAFT_GUARDED_BY(mutex_);
  std::deque<InstanceRecord *> free_ GRAFT_GUARDED_BY(mutex_); // longest free first
  std::unordered_map<const SlotRecord *, Group> groups_ GRAFT_GUARDED_BY(mutex_);
  std::unordered_map<const Generation *, Group> left_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft
