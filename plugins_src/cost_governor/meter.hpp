// What a subject used of its budget, in the store: read before a query, counted behind it.
//
//   M1  Only who has a budget is counted. Clients choose their names, so names without a budget take no room in the store.
//   M2  A query of who has a budget runs only once its counters are in the store. What cannot be counted is refused, by a
//       decision: a failure would be counted by the host, and end in nobody being asked at all.
#pragma once

#include "budget.hpp"
#include "kv_view.hpp"

#include <graft/proxy/pre_query.h>
#include <graft/service/time.h>

#include <atomic>

namespace budget {

class Meter {
 public:
  graft_status acquire(const graft_host *host) {
    const graft_status status = GRAFT_SERVICE(host, graft_kv, &kv_);
    return status == GRAFT_OK ? GRAFT_SERVICE(host, graft_time, &time_) : status;
  }

  /// Blocks where `KEY:budget` is used up in one of its windows, or cannot be counted.
  graft_status check(graft_hook_context *context, const std::string &key, const char *who,
                     proxy_pre_query_decision &decision) const {
    const store::Kv kv(kv_);
    Amounts limits, used{};
    const graft_status found = limits_of(kv, key, limits);
    if (found == GRAFT_NOT_FOUND) return GRAFT_OK;
    if (found != GRAFT_OK) return block(context, std::string(who) + "'s budget cannot be read", decision);
    for (std::size_t i = 0; i < kWindows.size(); ++i)
      if (limits[i] > 0 && kv.counter(counter_key(key + ":usage", i, now()), used[i], live_ns(i)) != GRAFT_OK) // M2
        return block(context, std::string(who) + "'s use of its budget cannot be counted", decision);
    const std::size_t window = exceeded(used, limits);
    return window == kWindows.size() ? GRAFT_OK : block(context, refusal(who, window, used, limits), decision);
  }

  /// Adds to the windows that have a limit, each by one atomic step. A window that began since `check` and has no room in
  /// the store is not counted; its next query is refused.
  void count(const std::string &key, std::int64_t cost) {
    const store::Kv kv(kv_);
    Amounts limits;
    if (limits_of(kv, key, limits) != GRAFT_OK) return; // M1
    bool is_counted = true;
    for (std::size_t i = 0; i < kWindows.size(); ++i)
      if (limits[i] > 0) is_counted &= kv.add(counter_key(key + ":usage", i, now()), cost, live_ns(i)) == GRAFT_OK;
    if (!is_counted && !has_warned_.exchange(true, std::memory_order_relaxed))
      graft_self.log(&graft_self, GRAFT_LOG_WARN, graft_str_of("what a query used was not counted: the store refused"));
  }

 private:
  /// GRAFT_NOT_FOUND: no budget. GRAFT_INVALID: it is no such text.
  static graft_status limits_of(const store::Kv &kv, const std::string &key, Amounts &limits) {
    std::string text;
    const graft_status found = kv.get(key + ":budget", text);
    return found == GRAFT_OK && !read(text, limits) ? GRAFT_INVALID : found;
  }

  /// A counter lives for one window from when it is made, so at least to the end of the one that it counts.
  static std::uint64_t live_ns(std::size_t window) { return kWindows[window].seconds * 1'000'000'000; }

  std::int64_t now() const { return static_cast<const graft_time *>(time_.table)->wall_ns(time_.self); }

  static graft_status block(graft_hook_context *context, const std::string &reason, proxy_pre_query_decision &decision) {
    decision.action = PROXY_PRE_QUERY_BLOCK;
    decision.reason = store::keep(context, reason);
    return decision.reason.size == reason.size() ? GRAFT_OK : GRAFT_EXHAUSTED;
  }

  std::atomic<bool> has_warned_{false}; // relaxed: orders nothing, one warning is enough
  graft_service kv_ = {sizeof kv_, 0, nullptr, nullptr, 0}, time_ = {sizeof time_, 0, nullptr, nullptr, 0};
};

} // namespace budget
