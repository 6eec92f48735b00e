// graft.query and graft.cache: names that the host allows a bundle, and the host's own engines behind them.
#include "../call/caught.hpp"
#include "service_call.hpp"

#include <graft/service/cache.h>
#include <graft/service/query.h>

#include <algorithm>
#include <limits>

namespace graft {

WebClient::~WebClient() = default;
QueryEngine::~QueryEngine() = default;
CacheEngine::~CacheEngine() = default;

namespace {

Result<void> may_use(const ServiceUse &use, const char *what, const std::vector<std::string> &allowed,
                     std::string_view name) {
  if (std::ranges::find(allowed, name) != allowed.end()) return {};
  return error(Code::kRefused, "bundle '" + use.bundle.name + "' may not use " + what + " '" +
                                   std::string(name.substr(0, 64)) + "'; the host allows it " +
                                   std::to_string(allowed.size()) + " others");
}

/// Calls the host's engine; what it throws is an error.
template <class Answer, class Call>
Result<Answer> ask(const char *what, Call call) {
  Result<Answer> answered = error(Code::kInternal, std::string(what) + " did not answer");
  if (const auto caught = catch_all([&] { answered = call(); }))
    return error(Code::kException, std::string(what) + " threw " + *caught);
  return answered;
}

Result<void> run_query(ServiceUse &use, std::string_view database, std::string_view query, const graft_str *values,
                       std::size_t count, graft_buf *out) {
  if (out == nullptr || (values == nullptr && count != 0))
    return error(Code::kInvalid, "a query needs a place for its answer, and its values");
  GRAFT_TRY(may_use(use, "database", use.bundle.query, database));
  std::vector<std::string_view> given;
  std::size_t size = query.size();
  for (std::size_t index = 0; index < count; ++index) size += given.emplace_back(view(values[index])).size();
  GRAFT_TRY(check_payload(use, "a query with its values", size));
  if (use.services.config.query == nullptr) return error(Code::kUnsupported, "this host has no database");
  GRAFT_TRY_ASSIGN(const std::string answered, ask<std::string>("the host's database", [&] {
                     return use.services.config.query->run(use.bundle.name, database, query, given);
                   }));
  GRAFT_TRY(check_payload(use, "the answer to a query", answered.size()));
  return append(use, *out, answered);
}

/// The cache, where a bundle may use it.
Result<CacheEngine *> cache_for(ServiceUse &use, std::string_view region) {
  GRAFT_TRY(may_use(use, "cache region", use.bundle.cache, region));
  if (use.services.config.cache == nullptr) return error(Code::kUnsupported, "this host has no cache");
  return use.services.config.cache.get();
}

graft_status run(void *self, graft_str database, graft_str query, const graft_str *values, size_t value_count,
                 graft_buf *out) {
  return answer(self, ServiceFunction::kQueryRun,
                [&](ServiceUse &use) { return run_query(use, view(database), view(query), values, value_count, out); });
}

graft_status get(void *self, graft_str region, graft_str key, graft_buf *out) {
  return answer(self, ServiceFunction::kCacheGet, [&](ServiceUse &use) -> Result<void> {
    if (out == nullptr) return error(Code::kInvalid, "a cached value needs a place to go to");
    GRAFT_TRY_ASSIGN(CacheEngine *const cache, cache_for(use, view(region)));
    GRAFT_TRY_ASSIGN(const std::string value,
                     ask<std::string>("the host's cache", [&] { return cache->get(view(region), view(key)); }));
    GRAFT_TRY(check_payload(use, "a cached value", value.size()));
    return append(use, *out, value);
  });
}

graft_status set(void *self, graft_str region, graft_str key, graft_str value, uint64_t live_ns) {
  return answer(self, ServiceFunction::kCacheSet, [&](ServiceUse &use) -> Result<void> {
    GRAFT_TRY_ASSIGN(CacheEngine *const cache, cache_for(use, view(region)));
    GRAFT_TRY(check_payload(use, "a value for the cache", view(key).size() + view(value).size()));
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const std::chrono::nanoseconds live(static_cast<std::int64_t>(std::min(live_ns, kMost)));
    return ask<void>("the host's cache", [&] { return cache->set(view(region), view(key), view(value), live); });
  });
}

graft_status remove(void *self, graft_str region, graft_str key) {
  return answer(self, ServiceFunction::kCacheRemove, [&](ServiceUse &use) -> Result<void> {
    GRAFT_TRY_ASSIGN(CacheEngine *const cache, cache_for(use, view(region)));
    return ask<void>("the host's cache", [&] { return cache->remove(view(region), view(key)); });
  });
}

} // namespace

Result<void> offer_query(ServiceSet &services, HostContracts &contracts) {
  return offer(services, contracts, graft_query{.run = run});
}
Result<void> offer_cache(ServiceSet &services, HostContracts &contracts) {
  return offer(services, contracts, graft_cache{.get = get, .set = set, .remove = remove});
}

} // namespace graft
