// A chain: who is called at a hook, in order. Immutable once it is published; read under a pin, as tables are.
//
//   C1  A chain is published in the same publication as the slots that it names, and freed when no pin names it.
//   C2  A seat's slot may be vacated, and given to another bundle, while a reader is in the chain: its tag tells (S2).
//   C3  A chain's fused function is attached once, while the chain is live, and goes with it; so who pins the chain may
//       call it.
#pragma once

#include "../observe/ticks.hpp"
#include "../store/table.hpp"
#include "record.hpp"

#include <graft/hook.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace graft {

struct FusedChain;
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
  bool is_unseen = false; ///< nobody saw the function's type: what it throws comes back as no status, but as the thread's error
  bool has_quota = false; ///< what it takes from a request's arena counts against its quota

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
  TickScale scale; ///< of what its calls take
  std::unique_ptr<Table> owner; ///< stands where a pin of a chain is asked whose it is: nobody's
};

/// Owns: its seats, its fused function. Threads: any, under a pin; `attach` and `retire`, those of the registry.
struct HookChain {
  HookChain(const HookShape &shape, std::vector<Seat> seats);
  HookChain(const HookChain &) = delete;
  ~HookChain();

  /// What a slot holds and a pin names.
  const void *entries() const noexcept { return &head + 1; }
  static const HookChain &of(const void *entries) noexcept {
    return *reinterpret_cast<const HookChain *>(static_cast<const Table::Head *>(entries) - 1);
  }

  const Table::Head head; // first, as in a table: whoever looks at a thread's pins does not tell chains from tables
  const HookShape *const shape;
  const std::vector<Seat> seats;

  /// C3. Null: there is none.
  const FusedChain *fused() const noexcept { return fused_.load(std::memory_order_acquire); } // pairs with `attach`
  void attach(std::unique_ptr<FusedChain> fused);
  /// Another chain, or none, is published in its place, and what its seats name may go.
  void retire() noexcept { is_retired_.store(1, std::memory_order_release); } // pairs with the fused function's acquire
  const std::atomic<std::uint32_t> &is_retired() const noexcept { return is_retired_; }

 private:
  std::atomic<std::uint32_t> is_retired_{0};
  std::atomic<const FusedChain *> fused_{nullptr};
  std::unique_ptr<const FusedChain> own_; ///< what `fused_` names
};

/// Whether a bundle in that state has a seat in its chains. One that is quarantined has, but is not called; where it must
/// not be missed, its seat denies.
inline bool has_seat(BundleState state) { return state != BundleState::kPaused && state != BundleState::kDisabled; }

} // namespace graft
