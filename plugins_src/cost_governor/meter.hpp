// What a subject used of its budget, in the store: read before a query, counted behind it.
#pragma once

#include "budget.hpp"
#include "kv_view.hpp"

#include <graft/proxy/pre_query.h>
#include <graft/service/time.h>

namespace budget {

class Meter {
 public:
  graft_status acquire(const graft_host *host) {
    const graft_status status = GRAFT_SERVICE(host, graft_kv, &kv_);
    return status == GRAFT_OK ? GRAFT_SERVICE(host, graft_time, &time_) : status;
  }

  /// Blocks where `KEY:budget` is used up in one of its windows.
  graft_status check(graft_hook_context *context, const std::string &key, const char *who,
                     proxy_pre_query_decision &decision) const {
    const store::Kv kv(kv_);
    std::string text;
    const graft_status found = kv.get(key + ":budget", text);
    if (found == GRAFT_NOT_FOUND) return GRAFT_OK;
    if (found != GRAFT_OK) return found;
    Amounts limits, used;
    if (!read(text, limits)) return block(context, std::string(who) + "'s budget cannot be read", decision);
    for (std::size_t i = 0; i < kWindows.size(); ++i)
      if (const graft_status status = kv.count(counter_key(key + ":usage", i, now()), used[i]); status != GRAFT_OK)
        return status;
    const std::size_t window = exceeded(used, limits);
    return window == kWindows.size() ? GRAFT_OK : block(context, refusal(who, window, used, limits), decision);
  }

  /// Adds to all windows, each by one atomic step.
  graft_status count(const std::string &key, std::int64_t cost) const {
    const store::Kv kv(kv_);
    graft_status first = GRAFT_OK;
    for (std::size_t i = 0; i < kWindows.size(); ++i) {
      const graft_status status =
          kv.add(counter_key(key + ":usage", i, now()), cost, 2 * kWindows[i].seconds * 1'000'000'000);
      first = first == GRAFT_OK ? status : first;
    }
    return first;
  }

 private:
  std::int64_t now() const { return static_cast<const graft_time *>(time_.table)->wall_ns(time_.self); }

  static graft_status block(graft_hook_context *context, const std::string &reason, proxy_pre_query_decision &decision) {
    decision.action = PROXY_PRE_QUERY_BLOCK;
    decision.reason = store::keep(context, reason);
    return decision.reason.size == reason.size() ? GRAFT_OK : GRAFT_EXHAUSTED;
  }

  graft_service kv_ = {sizeof kv_, 0, nullptr, nullptr, 0}, time_ = {sizeof time_, 0, nullptr, nullptr, 0};
};

} // namespace budget
