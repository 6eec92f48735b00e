// graft.kv: a bundle's space of the store. `get` leaves no sentence: that a key is not there is no failure to most.
#include "service_call.hpp"

#include <graft/service/kv.h>

#include <limits>

namespace graft {
namespace {

KvSpace::Live live_of(std::uint64_t nanoseconds) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return KvSpace::Live(static_cast<std::int64_t>(std::min(nanoseconds, kMost)));
}

graft_status get(void *self, graft_str key, void *out, size_t capacity, size_t *size) {
  return answer(self, ServiceFunction::kKvGet, [&](ServiceUse &use) -> graft_status {
    if (size == nullptr || (out == nullptr && capacity != 0))
      return fail(error(Code::kInvalid, "get needs a place for the value and its size"));
    return static_cast<graft_status>(use.bundle.kv->get(view(key), out, capacity, *size));
  });
}

graft_status set(void *self, graft_str key, graft_str value, uint64_t live_ns) {
  return answer(self, ServiceFunction::kKvSet,
                [&](ServiceUse &use) { return use.bundle.kv->set(view(key), view(value), live_of(live_ns)); });
}

graft_status remove(void *self, graft_str key) {
  return answer(self, ServiceFunction::kKvRemove, [&](ServiceUse &use) { return use.bundle.kv->remove(view(key)); });
}

graft_status list(void *self, graft_str prefix, graft_kv_each each, void *context) {
  return answer(self, ServiceFunction::kKvList, [&](ServiceUse &use) -> Result<void> {
    if (each == nullptr) return error(Code::kInvalid, "list needs a function to call for each key");
    for (const std::string &key : use.bundle.kv->keys(view(prefix))) each({key.data(), key.size()}, context);
    return {};
  });
}

graft_status compare_and_set(void *self, graft_str key, const graft_str *expected, const graft_str *value,
                             uint64_t live_ns) {
  const auto given = [](const graft_str *text) { return text == nullptr ? std::nullopt : std::optional(view(*text)); };
  return answer(self, ServiceFunction::kKvCompareAndSet, [&](ServiceUse &use) {
    return use.bundle.kv->compare_and_set(view(key), given(expected), given(value), live_of(live_ns));
  });
}

graft_status increment(void *self, graft_str key, int64_t by, int64_t *out) {
  return answer(self, ServiceFunction::kKvIncrement, [&](ServiceUse &use) -> Result<void> {
    GRAFT_TRY_ASSIGN(const std::int64_t sum, use.bundle.kv->increment(view(key), by));
    if (out != nullptr) *out = sum;
    return {};
  });
}

} // namespace

Result<void> offer_kv(ServiceSet &services, HostContracts &contracts) {
  return offer(services, contracts,
               graft_kv{.get = get,
                        .set = set,
                        .remove = remove,
                        .list = list,
                        .compare_and_set = compare_and_set,
                        .increment = increment});
}

} // namespace graft
