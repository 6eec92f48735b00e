// graft.time: the host's clocks.
#include "service_call.hpp"

#include <graft/service/time.h>

namespace graft {
namespace {

uint64_t monotonic_ns(void *self) {
  return measure(self, ServiceFunction::kTimeMonotonic, [](ServiceUse &use) {
    return static_cast<uint64_t>(std::chrono::nanoseconds(use.services.clock->now().time_since_epoch()).count());
  });
}

int64_t wall_ns(void *self) {
  return measure(self, ServiceFunction::kTimeWall, [](ServiceUse &use) { return use.services.wall_ns(); });
}

} // namespace

Result<void> offer_time(ServiceSet &services, HostContracts &contracts) {
  return offer(services, contracts, graft_time{.monotonic_ns = monotonic_ns, .wall_ns = wall_ns});
}

} // namespace graft
