// Hooks from the host's side: a point in its own code at which plugins are asked, as a header declares it
// (graft/abi/hook.h).
//
//     auto saving = runtime->hook<before_save>();            // once
//     ...
//     graft::HookRequest request(*runtime);                      // one for each thing that the host does
//     save_request save{.path = path};
//     save_decision decision{};
//     if (saving->run(request, save, decision).action == SAVE_REFUSE) return refuse(decision.reason);
//
// Who is called, in which order, and what becomes of those that fail, is runtime/doc/hooks.md's.
#pragma once

#include "bound.hpp"
#include "pin.hpp"

#include <graft/abi.h>
#include <graft/base/export.hpp>
#include <graft/base/ids.hpp>
#include <graft/base/result.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace graft {

class Runtime;

/// Whether the plugins of a chain become one function when nothing of it has changed for Config::tier_up_delay.
enum class Fuse : std::uint8_t {
  kWhenQuiet, ///< where each of them runs optimised code that graft compiled in this process
  kNever,
};

/// What hooks are allowed; of Config.
struct HookConfig {
  std::chrono::milliseconds call_limit{100}; ///< for one plugin's call; longer is a failure. 0: none
  std::chrono::milliseconds chain_limit{0};  ///< for a whole chain; whose turn has not come then is not called. 0: none
  std::map<std::string, std::chrono::milliseconds> chain_limits{}; ///< of single hooks: "proxy.pre_query"
  std::uint32_t error_budget = 100; ///< failures within a minute, in one hook, until a bundle is quarantined; 0: never
  Fuse fuse = Fuse::kWhenQuiet;
};

/// A struct that GRAFT_HOOK declared.
template <class T>
concept HookContract = Contract<T> && requires(const T *hook) {
  { graft_hook_of(hook) } -> std::same_as<graft_hook_info>;
};

/// What came of running a chain.
struct HookResult {
  std::uint32_t action = 0; ///< the decision's; 0: nobody decided
  std::uint32_t called = 0; ///< plugins that were
  std::uint32_t failed = 0; ///< and failed
  Code code = Code::kOk;    ///< kTimeout: the chain took too long, and the rest of it was not called
  BundleId decided_by{};    ///< who ended the chain; 0: nobody
};

/// One thing that the host does and that plugins may be asked about, at several points: they see one id, and what one of
/// them writes down the later ones read.
///
/// Owns: the memory that plugins return things in. Threads: one at a time. Must not outlive its runtime. Steady use takes no
/// memory: `renew` keeps what the request before needed.
class GRAFT_API HookRequest {
 public:
  explicit HookRequest(const Runtime &runtime) noexcept;
  ~HookRequest();
  HookRequest(const HookRequest &) = delete;
  HookRequest &operator=(const HookRequest &) = delete;

  /// Ends this request, with all that plugins returned for it, and begins another.
  void renew() noexcept;

  std::string_view id() const noexcept { return {id_, sizeof id_}; }
  /// Empty when nobody set it.
  std::string_view attribute(std::string_view name) const noexcept;
  /// kExhausted.
  Result<void> set_attribute(std::string_view name, std::string_view value) noexcept;
  graft_hook_context &context() noexcept { return context_; }

 private:
  void name() noexcept;

  graft_arena arena_;
  graft_hook_context context_;
  std::uint64_t random_ = 0;
  std::uint64_t count_ = 0;
  char id_[32];
};

namespace detail {

/// Where a chain hangs: `chain.table` is null while nobody takes part.
struct HookPoint {
  Slot chain;
};

GRAFT_API HookResult run_chain(const HookPoint &point, graft_hook_context &context, void *payload, void *decision);

template <class Function>
struct HookParts;
template <class P, class D>
struct HookParts<graft_status (*)(graft_hook_context *, P *, D *)> {
  using Payload = P;
  using Decision = D;
};

template <class T>
auto only_function() {
  auto [function] = T{};
  return function;
}
template <class T>
using HookPartsOf = HookParts<decltype(only_function<T>())>;

// What a chain keeps of a payload and a decision while a plugin has them.
inline constexpr std::size_t kLargestPayload = 1'024;
inline constexpr std::size_t kLargestDecision = 512;

} // namespace detail

/// A hook that the host runs. Must not outlive its runtime. Threads: any.
template <HookContract T>
class Hook {
 public:
  using Payload = typename detail::HookPartsOf<T>::Payload;
  using Decision = typename detail::HookPartsOf<T>::Decision;
  static_assert(sizeof(Payload) <= detail::kLargestPayload, "a payload of more than 1,024 bytes: let it point at the rest");
  static_assert(sizeof(Decision) <= detail::kLargestDecision, "a decision of more than 512 bytes: let it point at the rest");

  explicit Hook(const detail::HookPoint &point) noexcept : point_(&point) {}

  /// Asks the plugins that take part, until one ends the chain. Sizes are filled in; `decision.action` is 0 where nobody
  /// decided, and the rest of `decision` then as it was. Costs one load where nobody takes part.
  HookResult run(HookRequest &request, Payload &payload, Decision &decision) const {
    decision.action = 0;
    // Relaxed: a chain that is published meanwhile is for the next call; `run_chain` acquires what it uses.
    if (point_->chain.table.load(std::memory_order_relaxed) == nullptr) return {};
    payload.struct_size = sizeof(Payload);
    decision.struct_size = sizeof(Decision);
    return detail::run_chain(*point_, request.context(), &payload, &decision);
  }
  /// The same for hooks whose decision nobody needs.
  HookResult run(HookRequest &request, Payload &payload) const {
    Decision decision{};
    return run(request, payload, decision);
  }
  /// Whether nobody takes part: nothing need be made ready then.
  bool is_idle() const noexcept { return point_->chain.table.load(std::memory_order_relaxed) == nullptr; }

 private:
  const detail::HookPoint *point_;
};

} // namespace graft
