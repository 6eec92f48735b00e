// A chain, run: on the caller's thread, without a lock, one pin for the chain and one for each plugin while it is called.
//
// What a plugin that fails has changed is put back: payload and decision byte by byte, attributes by forgetting the newest.
// Memory that they point at is the plugin's to leave alone.
#include "../observe/log.hpp"
#include "../reload/generation.hpp"
#include "../store/threads.hpp"
#include "fused.hpp"

#include <graft/runtime.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string>

namespace graft {
namespace {

using HookFunction = graft_status(graft_hook_context *, void *, void *);

constexpr std::chrono::seconds kBudgetLasts{60};
constexpr std::chrono::seconds kLogAgain{1}; // a plugin that fails at every call is one line a second

std::uint32_t &action_of(void *decision) { return static_cast<graft_no_decision *>(decision)->action; }

/// "returned status 1 (invalid)".
std::string in_words(CallFailure failure, graft_status status, std::uint32_t action, std::chrono::nanoseconds took,
                     const Seat &seat) {
  const auto us = [](std::chrono::nanoseconds time) { return std::to_string(time.count() / 1'000) + " us"; };
  switch (failure) {
  case CallFailure::kStatus:
    return "returned status " + std::to_string(status) + " (" + to_string(static_cast<Code>(status)) + ")" +
           (status == GRAFT_MEMORY_LIMIT ? ": " + std::string(last_error_text()) : "");
  case CallFailure::kException:
  case CallFailure::kStack:
    return "failed: " + std::string(last_error_text());
  case CallFailure::kTimeout:
    return "took " + us(took) + ", and may take " + us(seat.call_limit);
  case CallFailure::kAction:
    return "decided on action " + std::to_string(action) + ", which the hook's header does not know";
  }
  return {};
}

/// How much of its budget a plugin has spent with this failure, within the minute that began with the first of them.
std::uint32_t spend(HookRecord &record, std::int64_t at) {
  std::int64_t end = record.budget_until.load(std::memory_order_relaxed);
  if (at >= end && record.budget_until.compare_exchange_strong(end, at + kBudgetLasts / std::chrono::nanoseconds(1),
                                                               std::memory_order_relaxed))
    record.spent.store(0, std::memory_order_relaxed);
  return record.spent.fetch_add(1, std::memory_order_relaxed) + 1;
}

/// Writes the failure down: numbers, the sentence, a line in the log unless one was written just now; and the bundle off,
/// once its budget is spent.
void note_failure(const HookChain &chain, const Seat &seat, CallFailure failure, const std::string &what) {
  HookRecord &record = *seat.record;
  PluginRecord &plugin = *record.plugin;
  record.failures[static_cast<std::size_t>(failure)].fetch_add(1, std::memory_order_relaxed);
  const std::int64_t at = std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  const std::uint32_t spent = spend(record, at);
  auto running = BundleState::kRunning;
  const bool ends = seat.error_budget != 0 && spent >= seat.error_budget &&
                    plugin.state.compare_exchange_strong(running, BundleState::kQuarantined, std::memory_order_relaxed);
  const std::string sentence = "bundle '" + plugin.name + "' in hook '" + chain.shape->name + "' " + what;
  {
    const MutexLock lock(plugin.mutex);
    plugin.error = sentence;
  }
  std::int64_t quiet = record.quiet_until.load(std::memory_order_relaxed);
  if (at < quiet || !record.quiet_until.compare_exchange_strong(quiet, at + kLogAgain / std::chrono::nanoseconds(1),
                                                                std::memory_order_relaxed)) {
    record.unsaid.fetch_add(1, std::memory_order_relaxed);
  } else {
    const std::uint64_t unsaid = record.unsaid.exchange(0, std::memory_order_relaxed);
    chain.shape->log->write(LogLevel::kWarn,
                            sentence + (unsaid != 0 ? "; " + std::to_string(unsaid) + " more since the last line" : ""));
  }
  if (ends)
    chain.shape->log->write(LogLevel::kError, "bundle '" + plugin.name + "' is quarantined after " + std::to_string(spent) +
                                                  " failures in hook '" + chain.shape->name + "'; resume or reload it");
}

/// While a plugin is called: what it takes from the request's arena is taken through `host`, unless that is null. Behind the
/// call the context is as it was, its attributes aside: the next plugin's is not this one's to change.
class Lent {
 public:
  Lent(graft_hook_context &context, const graft_host *host)
      : context_(context), before_(context), owner_(context.arena->host) {
    if (host != nullptr) context.arena->host = host;
  }
  Lent(const Lent &) = delete;
  ~Lent() {
    context_.struct_size = before_.struct_size;
    context_.reserved = before_.reserved;
    context_.request = before_.request;
    context_.arena = before_.arena;
    context_.arena->host = owner_;
  }

 private:
  graft_hook_context &context_;
  const graft_hook_context before_;
  const graft_host *const owner_;
};

/// Whose quota counts, where the seat has one: of the version that is called, which the pin of `table` holds.
const graft_host *payer(const Seat &seat, const void *table) {
  if (!seat.has_quota) return nullptr;
  const Generation *const generation = Table::of(table).generation();
  return generation != nullptr ? &generation->host : nullptr;
}

/// One run of one chain.
class ChainRun {
 public:
  ChainRun(const HookChain &chain, graft_hook_context &context, void *payload, void *decision)
      : chain_(chain), context_(context), payload_(payload), decision_(decision) {}

  HookResult all() {
    began_ = ticks();
    now_ = began_;
    const FusedChain *const fused = chain_.fused();
    for (std::size_t at = fused != nullptr ? run(*fused) : 0; at < chain_.seats.size(); ++at) {
      const Seat &seat = chain_.seats[at];
      const BundleState state = seat.record->plugin->state.load(std::memory_order_relaxed);
      const bool is_missed = state == BundleState::kQuarantined && seat.on_failure == HookFailure::kFailClosed;
      if (state != BundleState::kRunning && !is_missed) continue;
      if (is_late()) {
        end_late(at);
        break;
      }
      if (is_missed ? deny(seat) : call(seat)) break;
    }
    result_.action = action_of(decision_);
    return result_;
  }

  /// See `fused_lap`.
  std::uint32_t lap(const FusedChain &fused, FusedFrame &frame, std::uint32_t at, std::uint32_t count) {
    const std::chrono::nanoseconds took = take_time();
    frame.is_late = is_late() ? 1 : 0;
    if (Histogram *const together = fused.runs[at].get()) {
      together->record(static_cast<std::uint64_t>(took.count()) / count);
      return 0;
    }
    const Seat &seat = chain_.seats[at];
    seat.record->latency.record(static_cast<std::uint64_t>(took.count()));
    return overran(seat, took) ? 1 : 0;
  }

 private:
  const HookShape &shape() const { return *chain_.shape; }

  bool is_late() const {
    return shape().limit.count() != 0 && shape().scale.between(began_, now_) > shape().limit;
  }
  static bool overran(const Seat &seat, std::chrono::nanoseconds took) {
    return seat.call_limit.count() != 0 && took > seat.call_limit;
  }

  /// What went by since the last time, which is the last call's.
  std::chrono::nanoseconds take_time() {
    const std::uint64_t after = ticks();
    took_ = shape().scale.between(now_, after);
    now_ = after;
    return took_;
  }

  /// U2. The seat at which the loop goes on; past the last where the chain is over.
  std::size_t run(const FusedChain &fused);

  void save() {
    std::memcpy(payload_before_, payload_, shape().payload_bytes);
    std::memcpy(decision_before_, decision_, shape().decision_bytes);
  }
  void put_back() {
    std::memcpy(payload_, payload_before_, shape().payload_bytes);
    std::memcpy(decision_, decision_before_, shape().decision_bytes);
  }

  /// The sizes are the host's: whoever comes next reads by them what is there.
  void put_back_sizes() {
    std::memcpy(payload_, payload_before_, sizeof(std::uint32_t));
    std::memcpy(decision_, decision_before_, sizeof(std::uint32_t));
  }

  std::optional<CallFailure> failure_of(const Seat &seat, graft_status status, std::chrono::nanoseconds took) const {
    if (status == GRAFT_EXCEPTION) return CallFailure::kException;
    if (status == GRAFT_STACK_LIMIT) return CallFailure::kStack;
    if (status != GRAFT_OK) return CallFailure::kStatus;
    if (overran(seat, took)) return CallFailure::kTimeout;
    if (shape().rule.rule != GRAFT_RULE_OBSERVE && action_of(decision_) > shape().rule.last) return CallFailure::kAction;
    return {};
  }

  /// Within the pin of the seat, which names `table`.
  graft_status call(const Seat &seat, HookFunction &function, const void *table) {
    const Lent lent(context_, payer(seat, table));
    return seat.is_unseen ? call_unseen(function) : function(&context_, payload_, decision_);
  }

  graft_status call_unseen(HookFunction &function) {
    set_last_error(GRAFT_OK, {});
    const graft_status status = function(&context_, payload_, decision_);
    return status == GRAFT_OK && has_call_failed() ? last_error_status() : status;
  }

  /// Whether the chain ends with it.
  bool call(const Seat &seat) {
    const Pin pin(*seat.slot);
    if (seat.slot->tag.load(std::memory_order_acquire) != seat.tag) return false; // C2; pairs with the vacating publication
    if (const Table &table = Table::of(pin.table()); table.is_gate()) [[unlikely]] {
      static_cast<void>(table.settled()); // state is being migrated: what that takes is not the plugin's time
      now_ = ticks();
    }
    const auto function = *static_cast<HookFunction *const *>(pin.table());
    if (detail::is_stub(reinterpret_cast<const void *>(function))) return false;
    if (shape().rule.rule == GRAFT_RULE_FOLD || result_.called == 0) save(); // else everybody meets what is saved already
    attributes_before_ = context_.attributes;
    const graft_status status = call(seat, *function, pin.table());
    const std::chrono::nanoseconds took = take_time();
    ++result_.called;
    seat.record->latency.record(static_cast<std::uint64_t>(took.count()));
    if (const auto failure = failure_of(seat, status, took)) [[unlikely]]
      return fail(seat, *failure, status, took);
    put_back_sizes();
    if (shape().rule.rule == GRAFT_RULE_FOLD ? action_of(decision_) < shape().rule.first_final : !has_decided())
      return false;
    result_.decided_by = seat.record->plugin->id;
    return true;
  }

  /// Of a rule under which nobody meets what another left: puts things back unless this one ends the chain.
  bool has_decided() {
    if (shape().rule.rule == GRAFT_RULE_FIRST_DECISIVE && action_of(decision_) != 0) return true;
    put_back();
    return false;
  }

  [[gnu::cold]] bool fail(const Seat &seat, CallFailure failure, graft_status status, std::chrono::nanoseconds took) {
    ++result_.failed;
    note_failure(chain_, seat, failure, in_words(failure, status, action_of(decision_), took, seat));
    put_back();
    context_.attributes = attributes_before_;
    return seat.on_failure == HookFailure::kFailClosed && deny(seat);
  }

  /// What a plugin would have decided on that must not be missed.
  [[gnu::cold]] bool deny(const Seat &seat) {
    if (shape().rule.deny == 0) return false;
    std::memset(static_cast<char *>(decision_) + sizeof(std::uint32_t), 0, shape().decision_bytes - sizeof(std::uint32_t));
    action_of(decision_) = shape().rule.deny;
    result_.decided_by = seat.record->plugin->id;
    return true;
  }

  [[gnu::cold]] void end_late(std::size_t at) {
    result_.code = Code::kTimeout;
    const auto rest = std::span(chain_.seats).subspan(at);
    const auto closed = std::ranges::find(rest, HookFailure::kFailClosed, &Seat::on_failure);
    if (closed != rest.end()) static_cast<void>(deny(*closed));
    chain_.shape->log->write(LogLevel::kWarn, "hook '" + shape().name + "' took longer than it may before bundle '" +
                                                  chain_.seats[at].bundle() + "' had its turn");
  }

  const HookChain &chain_;
  graft_hook_context &context_;
  void *payload_;
  void *decision_;
  HookResult result_;
  std::uint64_t began_ = 0; ///< in ticks
  std::uint64_t now_ = 0;
  std::chrono::nanoseconds took_{0}; ///< the last call that was timed
  const graft_attribute *attributes_before_ = nullptr;
  alignas(16) char payload_before_[detail::kLargestPayload];
  alignas(16) char decision_before_[detail::kLargestDecision];
};

/// What a fused function is handed, and what it hands on.
struct FusedRun : FusedFrame {
  ChainRun *run = nullptr;
  const FusedChain *fused = nullptr;
};

/// An entry of the calling thread's pins, in which the function names one table after another (U1).
struct SeatPin {
  std::atomic<const void *> *const entry = detail::claim_entry();
  SeatPin() = default;
  SeatPin(const SeatPin &) = delete;
  ~SeatPin() { entry->store(nullptr, std::memory_order_release); } // pairs with the scan's acquire, as in ~Pin
};

std::size_t ChainRun::run(const FusedChain &fused) {
  const std::size_t over = chain_.seats.size();
  const SeatPin pin;
  FusedRun frame;
  frame.context = &context_;
  frame.payload = payload_;
  frame.decision = decision_;
  frame.pin = pin.entry;
  frame.seats = fused.seats.data();
  frame.is_retired = &chain_.is_retired();
  frame.payload_before = payload_before_;
  frame.decision_before = decision_before_;
  frame.run = this;
  frame.fused = &fused;
  const auto answer = static_cast<FusedAnswer>(fused.function(&frame));
  result_.called = frame.called;
  if (answer == FusedAnswer::kAll) return over;
  if (answer == FusedAnswer::kStopped) return frame.at;
  const Seat &seat = chain_.seats[frame.at];
  if (answer == FusedAnswer::kEnded) {
    result_.decided_by = seat.record->plugin->id;
    return over;
  }
  attributes_before_ = frame.attributes_before;
  const auto status = static_cast<graft_status>(frame.status);
  const auto failure = failure_of(seat, status, fused.runs[frame.at] == nullptr ? took_ : std::chrono::nanoseconds(0)); // U3
  return failure && fail(seat, *failure, status, took_) ? over : frame.at + 1;
}

} // namespace

std::uint32_t fused_lap(FusedFrame *frame, std::uint32_t seat, std::uint32_t count) {
  auto &run = *static_cast<FusedRun *>(frame);
  return run.run->lap(*run.fused, run, seat, count);
}

namespace detail {

HookResult run_chain(const HookPoint &point, graft_hook_context &context, void *payload, void *decision) {
  const Pin pin(point.chain);
  if (pin.table() == nullptr) return {};
  ChainRun run(HookChain::of(pin.table()), context, payload, decision);
  return run.all();
}

} // namespace detail
} // namespace graft
