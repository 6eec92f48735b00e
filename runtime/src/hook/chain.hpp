// A chain: who is called at a hook, in order. Immutable once it is published; read under a pin, as tables are.
//
//   C1  A chain is published in the same publication as the slots that it names, and freed when no pin names it.
//   C2  A seat's slot may be vacated, and given to another bundle, while a reader is in the chain: its tag tells (S2).
#pragma once

#include "../store/table.hpp"
#include "record.hpp"

#include <graft/hook.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace graft {

class Log;

/// A bundle's place in a chain.
struct Seat {
  const Slot *slot = nullptr;
  std::uint64_t tag = 0;              ///< of the slot while the bundle has it
  std::shared_ptr<HookRecord> record; // shared with the registry, which counts on after a chain is gone
  std::int32_t priority = 0;
  HookFailure on_failure = HookFailure::kFailOpen;
  std::uint32_t error_budget = 0;
  std::chrono::nanoseconds call_limit{0};

  const std::string &bundle() const { return record->plugin->name; }
};

/// What all chains of one hook share. Owned by the registry; never freed before it.
struct HookShape {
  std::string name;
  std::uint16_t major = 0;
  graft_hook_info rule{};
  std::size_t payload_bytes = 0;
  std::size_t decision_bytes = 0;
  std::chrono::nanoseconds limit{0}; ///< for a whole chain; 0: none
  Log *log = nullptr;
  std::unique_ptr<Table> owner; ///< stands where a pin of a chain is asked whose it is: nobody's
};

/// Owns: its seats. Threads: any, under a pin.
struct HookChain {
  HookChain(const HookShape &shape, std::vector<Seat> seats)
      : head{shape.owner.get(), 0}, shape(&shape), seats(std::move(seats)) {}
  HookChain(const HookChain &) = delete;

  /// What a slot holds and a pin names.
  const void *entries() const noexcept { return &head + 1; }
  static const HookChain &of(const void *entries) noexcept {
    return *reinterpret_cast<const HookChain *>(static_cast<const Table::Head *>(entries) - 1);
  }

  const Table::Head head; // first, as in a table: whoever looks at a thread's pins does not tell chains from tables
  const HookShape *const shape;
  const std::vector<Seat> seats;
};
static_assert(offsetof(HookChain, head) == 0);

/// Whether a bundle in that state has a seat in its chains. One that is quarantined has, but is not called; where it must
/// not be missed, its seat denies.
inline bool has_seat(BundleState state) { return state != BundleState::kPaused && state != BundleState::kDisabled; }

} // namespace graft
