// The registry: contract id -> slots. Readers never lock; writers publish under one short mutex, with no foreign code
// inside.
//
// Invariants, cited by code and tests:
//   S1  A slot belongs to one contract for ever, and to one bundle from `claim` until it is vacated.
//   S2  A vacated slot's tag changes before its table does; so who reads the stale table also reads the new tag.
//   S3  All slots of one publication are stored between an odd and the next even value of `Publication::count`.
//   S4  A vacant slot is claimed again only when no Binding names it.
//   S5  A slot is never freed before the store.
//   S6  A slot's order falls to 0 before its tag changes; so a tag that is read before an order other than 0 names a
//   provider
//       that was published, never a vacant slot.
//   S7  After a publication, the index's `best` of each contract is the live slot that comes first: highest minor, then highest
//   priority, then
//       name, then highest version of the bundle, then registration. In between it may name a slot that was just vacated or
//       outdone; who reads such a one asks again under the mutex.
//   S8  Once a publication has begun, nothing is asked of the system: its tables were made before.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tbb/concurrent_vector.h>

#include <graft/base/ids.hpp>
#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>
#include <graft/bound.hpp>
#include <graft/runtime.hpp>

#include "../bundle/contract_ref.hpp"
#include "../contract/host_views.hpp"
#include "contract_index.hpp"
#include "gate.hpp"
#include "instances.hpp"
#include "table.hpp"

namespace graft {

struct ContractEntry;

/// A slot with what the store knows of it besides the call path's fields.
struct SlotRecord : Slot {
  ContractEntry *contract = nullptr;        // constant after construction (S1)
  std::uint32_t index = 0;                  // constant after construction
  std::atomic<std::uint64_t> order{0};      // rank of its registration; 0 while vacant. Release after `minor`; acquire in find
  std::atomic<std::uint32_t> minor{0};
  SlotRecord *older = nullptr; // the contract's slot before this one; constant once `newest` names this one
  // The rest is guarded by the store's mutex.
  bool claimed = false;                     // a commit holds it for a provider that is not published yet
  Generation *generation = nullptr;
  std::shared_ptr<const TableShape> shape;  // shared with the tables made from it
  std::unique_ptr<Table> gate;              // while a gate is closed before it: what `table` holds
  const Table *behind = nullptr;            // and what it held
  std::size_t width = 0;                    // functions of the widest view bound to it
  std::uint32_t bound_minor = 0;            // the highest minor that a live binding asked for
  std::vector<std::unique_ptr<Table>> stale; // the last is current; older ones may still be pinned
};

/// A contract that was provided at least once; never removed (readers hold no lock).
struct ContractEntry {
  ContractId id;
  std::string name;
  std::uint16_t major = 0;
  std::atomic<SlotRecord *> newest{nullptr}; // all its slots, chained by `older`; release, pairs with the readers' acquire
  std::size_t vacant = 0;                                  // slots that are neither live nor claimed; guarded by the store's mutex
};

/// One slot's part in a publication.
struct Change {
  SlotRecord *slot = nullptr;
  Generation *generation = nullptr;        ///< null: vacate the slot
  std::shared_ptr<const TableShape> shape;
  std::vector<const void *> functions;
  std::uint16_t minor = 0;
  std::unique_ptr<Table> table = nullptr; ///< what the slot will hold; made by `publish`
  std::unique_ptr<Table> stale = nullptr; ///< and when it is vacated, unless it has one that fits
};

/// What a slot that belongs to no bundle holds from a publication on: a chain of a hook.
struct SlotChange {
  Slot *slot = nullptr;
  const void *entries = nullptr;
};

/// Owns: slots and stale tables; tables of generations belong to those. Threads: any; see each function.
class Store {
public:
  Store();
  ~Store();

  // Readers, from any thread, without a lock.
  Result<graft_handle> find(ContractId id, std::uint32_t minor) const;
  Result<graft_handle> find(std::string_view name, std::uint32_t major, std::uint32_t minor) const;
  std::vector<graft_handle> find_all(ContractId id) const;
  Result<Binding> resolve(graft_handle handle) const;

  /// The best provider (S7, the highest major first) that `want` takes, of `major` when given. Takes the mutex. kNotFound,
  /// kIncompatible with what there is.
  Result<graft_handle> select(const Want &want, std::optional<std::uint32_t> major = {}) const;

  /// Makes sure that every table of the slot, now and later, has `functions` entries, and that its minor never falls below `minor`.
  Result<Binding> bind(graft_handle handle, std::size_t functions, std::uint32_t minor);

  // Writers. The caller holds the commit token, so nobody else claims or publishes.

  /// A vacant slot for a new provider; it is not visible until it is published. kConflict when another contract's name has this id.
  Result<SlotRecord *> claim(const std::string &contract, std::uint16_t major);
  /// Gives back a claimed slot that was not published.
  void unclaim(SlotRecord &slot);
  /// Moves all slots in one publication (S3), or none: kIncompatible when a new table does not fit somebody who is bound to
  /// its slot, kExhausted when there is no memory for the tables. Looked at here, under the mutex, because a host may bind
  /// until the very moment. Slots that are vacated never refuse. `chains` are stored beside them (C1).
  Result<void> publish(std::vector<Change> changes, const std::vector<SlotChange> &chains = {});

  /// Shows a change, before it is published, to the generations that start together with it (`staged_*`). kExhausted.
  Result<void> stage(const Change &change);
  void unstage();
  /// Whether anything is staged; a hint for who would else take the mutex.
  bool has_staged() const { return has_staged_.load(std::memory_order_relaxed); } // relaxed: the rest is looked at under the mutex
  /// What is staged, for a caller that starts together with it: a contract's handle, and the pinned table of a slot. Null, when it is not.
  std::optional<graft_handle> staged_find(std::string_view name, std::uint32_t major, std::uint32_t minor) const;
  const void *staged_pin(graft_handle handle) const;
  /// The handle of what a generation staged and `want` names; all zero when there is none.
  graft_handle staged_handle(const Want &want, const Generation &generation) const;

  /// Closes a gate before these slots, in one publication; `old` are the generations that are live in them. Calls wait from here on,
  /// until `publish` moves all of the slots, or `reopen`. kExhausted. The caller drains.
  Result<std::shared_ptr<Gate>> close(const std::vector<SlotRecord *> &slots, std::vector<const Generation *> old);
  /// Opens the gate before these slots on what was live when it was closed.
  void reopen(const std::vector<SlotRecord *> &slots);

  /// Gives the slots of a generation, which is not to end meanwhile, tables of the functions that its image has by now. From
  /// any thread: they do what those before do, so this is no publication.
  void renew(Generation &generation, const std::vector<SlotRecord *> &slots);

  std::vector<ContractInfo> contracts() const;

  Instances instances; ///< of every provider: a publication moves their states, and ends them where it vacates their slot
  /// What the host declares: every binding, every change of a slot that is bound, and who acquires a host contract, is held
  /// against it.
  HostViews views;
  /// kIncompatible when a view of that contract differs from what the generation declares under its name.
  Result<void> fits_host(const Generation &generation, std::string_view name, std::uint16_t major) const;

  /// The live generation behind a handle, borrowed until the caller gives back the commit token or unpins; null when stale.
  Generation *generation_of(graft_handle handle) const;
  std::uint64_t publications() const { return publication_.count.load(std::memory_order_acquire); }

private:
  Store(std::uint32_t number, std::uint64_t first_tag);
  SlotRecord *slot_of(graft_handle handle) const;
  /// What `find` leaves to the mutex (S7), and its errors: out of line, so that `find` saves no registers for them.
  [[gnu::cold, gnu::noinline]] Result<graft_handle> find_slowly(ContractId id, std::uint32_t minor) const;
  Result<void> accepts(const Change &change) const GRAFT_REQUIRES(mutex_);
  Result<void> make_tables(Change &change) const GRAFT_REQUIRES(mutex_);
  graft_handle handle_of(const SlotRecord &slot) const;
  /// `bind`, where no gate is closed.
  Result<Binding> bind_open(Binding binding, SlotRecord &slot, std::size_t functions, std::uint32_t minor) GRAFT_REQUIRES(mutex_);
  /// Makes the slot's gate, if there is one, lead to `target` and gives it to who owns that; opened once all of the set are (G2).
  std::shared_ptr<Gate> lead(SlotRecord &slot, const Table &target, std::vector<std::unique_ptr<Table>> &owner) GRAFT_REQUIRES(mutex_);
  void vacate(SlotRecord &slot) GRAFT_REQUIRES(mutex_);
  /// Whether the slot may have lost its place as the best.
  bool occupy(Change &change) GRAFT_REQUIRES(mutex_);
  void find_best(ContractEntry &contract) GRAFT_REQUIRES(mutex_);
  bool precedes(const SlotRecord &left, const SlotRecord &right) const GRAFT_REQUIRES(mutex_);
  std::string near_match(std::string_view name) const;

  const std::uint32_t number_;  // of this store, in its handles
  const std::uint64_t first_tag_;
  detail::Publication publication_;
  ContractIndex contracts_;
  // By index. Of the C library's memory: asking for TBB's loads a library of its own, which is half a millisecond of a first load.
  tbb::concurrent_vector<SlotRecord *, std::allocator<SlotRecord *>> slots_;
  std::atomic<std::uint32_t> slot_count_{0}; // of those that are complete: `size()` counts one that is being added. Release

  struct Staged {
    SlotRecord *slot;
    std::uint32_t minor;
    const Table *table; ///< of the generation that starts
  };
  std::atomic<bool> has_staged_{false};

  mutable Mutex mutex_;
  std::vector<Staged> staged_ GRAFT_GUARDED_BY(mutex_);
  std::deque<SlotRecord> owned_ GRAFT_GUARDED_BY(mutex_);
  std::deque<ContractEntry> entries_; // added to by `claim` only, under the commit token
  std::map<std::string, std::vector<ContractEntry *>, std::less<>> by_name_ GRAFT_GUARDED_BY(mutex_); // one a major
  std::uint64_t next_order_ GRAFT_GUARDED_BY(mutex_) = 1;
};

} // namespace graft
