// How the functions behind the services' tables answer. One looks like this; `answer` counts it and leaves the sentence of a
// failure on the thread:
//
//     graft_status write(void *self, uint32_t level, graft_str line) {
//       return answer(self, ServiceFunction::kLogWrite, [&](ServiceUse &use) -> Result<void> { ... });
//     }
#pragma once

#include "../store/threads.hpp"
#include "service_set.hpp"

#include <string_view>
#include <type_traits>

namespace graft {

inline std::string_view view(graft_str text) {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}

/// Leaves the error's sentence on the calling thread.
inline graft_status fail(const Error &error) {
  set_last_error(static_cast<graft_status>(error.code), error.message);
  return static_cast<graft_status>(error.code);
}

/// Who acquired a service may have lost the permission since.
inline graft_status refuse(const ServiceUse &use) {
  return fail(error(Code::kRefused, "bundle '" + use.bundle.name + "' has no permission '" + std::string(use.permission) +
                                        "' any more; the host took it away"));
}

/// Counts what `body` answers: a Result<void>, or a graft_status where an error needs no sentence.
template <class Body>
graft_status answer(void *self, ServiceFunction function, Body body) {
  auto &use = *static_cast<ServiceUse *>(self);
  const std::uint64_t begun = ticks();
  graft_status status = GRAFT_OK;
  if (!use.permit.is_granted()) {
    status = refuse(use);
  } else if constexpr (std::is_same_v<decltype(body(use)), graft_status>) {
    status = body(use);
  } else {
    if (const Result<void> result = body(use); !result) status = fail(result.error());
  }
  use.services.stats[static_cast<std::size_t>(function)].count(status, ticks() - begun);
  return status;
}

/// The same of a function that answers with a value and cannot fail; without its permission the value is zero.
template <class Body>
auto measure(void *self, ServiceFunction function, Body body) {
  auto &use = *static_cast<ServiceUse *>(self);
  const std::uint64_t begun = ticks();
  const graft_status status = use.permit.is_granted() ? GRAFT_OK : refuse(use);
  const auto value = status == GRAFT_OK ? body(use) : decltype(body(use)){};
  use.services.stats[static_cast<std::size_t>(function)].count(status, ticks() - begun);
  return value;
}

/// Appends to a buffer that the caller frees. kExhausted.
Result<void> append(const ServiceUse &use, graft_buf &buffer, std::string_view bytes);
/// kPayloadLimit where `size` is more than a host hands to the outside or takes from there.
Result<void> check_payload(const ServiceUse &use, const char *what, std::size_t size);

// The tables, one file each.
Result<void> offer_log(ServiceSet &services, HostContracts &contracts);
Result<void> offer_metrics(ServiceSet &services, HostContracts &contracts);
Result<void> offer_time(ServiceSet &services, HostContracts &contracts);
Result<void> offer_config(ServiceSet &services, HostContracts &contracts);
Result<void> offer_kv(ServiceSet &services, HostContracts &contracts);
Result<void> offer_crypto(ServiceSet &services, HostContracts &contracts);
Result<void> offer_http(ServiceSet &services, HostContracts &contracts);
Result<void> offer_query(ServiceSet &services, HostContracts &contracts);
Result<void> offer_cache(ServiceSet &services, HostContracts &contracts);

/// Offers one table; each acquisition is a ServiceUse.
Result<void> offer_table(ServiceSet &services, HostContracts &contracts, const graft_contract_info &contract,
                         const void *table, std::size_t functions);
template <class C>
Result<void> offer(ServiceSet &services, HostContracts &contracts, const C &table) {
  return offer_table(services, contracts, graft_contract_of(&table), &table, sizeof(C) / sizeof(void *));
}

} // namespace graft
