// A bundle that is part of the host's own program: the same store, events, requirements and comparison of types, and no
// file.
//
//     static const greeter kGreeter{.greet = [](graft_str name, graft_buf *out) { ... }};
//     runtime->load(graft::BuiltInBundle{"builtin-greeter", "1.0.0", {graft::provider(kGreeter)}});
#pragma once

#include "bound.hpp"

#include <graft/abi.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace graft {

/// One contract and the functions for it, in its order.
struct BuiltInProvider {
  std::string contract;
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  std::vector<const void *> functions; ///< none is null
};

/// The functions of a table, which is copied.
template <Contract C>
BuiltInProvider provider(const C &table) {
  const graft_contract_info info = graft_contract_of(&table);
  const auto *functions = reinterpret_cast<const void *const *>(&table);
  return {info.name, info.major, info.minor, std::vector<const void *>(functions, functions + sizeof(C) / sizeof(void *))};
}

/// Handles stand in the order of `providers`. What its functions throw ends as of any plugin. The types are those of the
/// host's view of a contract, where it has one (contracts.hpp); nobody need allow them.
struct BuiltInBundle {
  std::string name;
  std::string version = "0.0.0";
  std::vector<BuiltInProvider> providers;
  /// Called once, whatever becomes of the bundle: when it was refused, or when no call is inside its functions any more
  /// after an unload, a reload or the runtime's end. On the thread that finds that out; what it throws is dropped. It must
  /// not call the runtime.
  std::function<void()> release{};
};

} // namespace graft
