// What a host offers to its plugins: a host contract, which is a table of the host's own functions under a contract's name.
//
//     GRAFT_CONTRACT(app_log, "app.log", 1, 0) { void (*line)(void *self, graft_str text); };
//     static const app_log table{.line = [](void *self, graft_str text) { static_cast<Log *>(self)->line(text); }};
//     runtime->offer(table, {.user_data = &log});
//
// Where the host has a view of it (contracts.hpp), a bundle that declares it otherwise is refused, with both declarations.
#pragma once

#include <graft/abi.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace graft {

/// Whether those who acquire a host contract share one `self` or get one each.
enum class Service : std::uint8_t {
  kShared, ///< made at the first acquisition, destroyed when the contract is withdrawn
  kPerUse, ///< made at each acquisition, destroyed when it is given back
};

/// How a host contract's `self` is made. The functions are called on the thread that acquires or gives back, with no lock
/// held; they may acquire other host contracts. What they throw becomes an error.
struct Offer {
  Service service = Service::kShared;
  void *user_data = nullptr; ///< passed to `create` and `destroy`; `self` itself when there is no `create`
  /// Makes `*self`. A status other than GRAFT_OK, or a null `*self`, refuses the acquisition and is not remembered.
  graft_status (*create)(void *user_data, const graft_service_request *request, void **self) = nullptr;
  void (*destroy)(void *user_data, void *self) = nullptr;
  /// What a bundle must have to acquire it (permissions.hpp): kRefused without. Empty: nothing. That it still has it at each
  /// call is for the functions to ask, with the Permit that `create` takes for its request.
  std::string permission{};
};

/// A host contract that is offered. A copy.
struct OfferInfo {
  std::string name;
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  Service service = Service::kShared;
  std::size_t uses = 0; ///< acquisitions that were not given back
  std::string permission; ///< that it asks for; empty: none
};

} // namespace graft
