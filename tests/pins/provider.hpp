// Providers for the store's tests: generations without an image, whose functions are this program's own.
#pragma once

#include "call/host_contracts.hpp"
#include "call/host_services.hpp"
#include "matchers.hpp"
#include "observe/log.hpp"
#include "reload/generation.hpp"
#include "store/store.hpp"

#include <memory>

namespace graft::test {

inline int32_t one_hundred() { return 100; }
inline int32_t two_hundred() { return 200; }

struct number_table {
  int32_t (*number)();
  graft_status (*more)();
};

/// A store with the services that generations want.
struct Shop {
  Store store;
  Log log{{}, LogLevel::kInfo};
  HostContracts contracts;
  HostServices services{store, log, contracts};
  std::uint64_t next = 1;

  std::unique_ptr<Generation> generation() { return std::make_unique<Generation>(next++, "shop", services); }

  /// Publishes `function` as test.number@1.`minor` in `slot`.
  void publish(SlotRecord &slot, Generation &generation, int32_t (*function)(), std::uint16_t minor = 0) {
    ASSERT_THAT(try_publish(slot, generation, function, minor), Succeeds());
  }

  Result<void> try_publish(SlotRecord &slot, Generation &generation, int32_t (*function)(), std::uint16_t minor) {
    Change change;
    change.slot = &slot;
    change.generation = &generation;
    change.minor = minor;
    change.functions = {reinterpret_cast<const void *>(function)};
    change.shape = std::make_shared<const TableShape>(
        TableShape{"test.number@1.0", "shop", {"number", "more"}, {StubResult::kZero, StubResult::kStatus}});
    std::vector<Change> changes;
    changes.push_back(std::move(change));
    return store.publish(std::move(changes));
  }

  void vacate(SlotRecord &slot) {
    std::vector<Change> changes(1);
    changes[0].slot = &slot;
    ASSERT_THAT(store.publish(std::move(changes)), Succeeds());
  }
};

inline int32_t call(const Pin &pin) { return static_cast<const number_table *>(pin.table())->number(); }

} // namespace graft::test
