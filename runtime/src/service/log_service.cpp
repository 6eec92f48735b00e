// graft.log: one line of a plugin is one line of the log, whatever is in it.
#include "../observe/log.hpp"
#include "service_call.hpp"

#include <graft/service/log.h>

namespace graft {
namespace {

Result<void> write_line(ServiceUse &use, std::uint32_t level, std::string_view line) {
  if (level > GRAFT_LOG_ERROR)
    return error(Code::kInvalid, "there is no log level " + std::to_string(level) + "; 0 to 4 are");
  const LogRate &rate = use.services.config.log;
  if (line.size() > rate.line_bytes)
    return error(Code::kPayloadLimit, "a line of " + std::to_string(line.size()) + " bytes is not logged, at most " +
                                          std::to_string(rate.line_bytes) + " are");
  const auto log_level = static_cast<LogLevel>(level);
  if (!use.services.log.takes(log_level)) return {};
  const auto dropped = use.bundle.log.pass(use.services.clock->now());
  if (!dropped)
    return error(Code::kBusy, "bundle '" + use.bundle.name + "' writes more than " + std::to_string(rate.lines_per_second) +
                                  " lines a second to the log; this one is dropped");
  const std::string tag = "[" + (use.bundle.name.empty() ? "host" : use.bundle.name) + "] ";
  if (*dropped != 0)
    use.services.log.write(LogLevel::kWarn, tag + std::to_string(*dropped) + (*dropped == 1 ? " line was" : " lines were") +
                                                " dropped: more than " + std::to_string(rate.lines_per_second) +
                                                " a second");
  use.services.log.write(log_level, tag + printable(line));
  return {};
}

graft_status write(void *self, uint32_t level, graft_str line) {
  return answer(self, ServiceFunction::kLogWrite, [&](ServiceUse &use) { return write_line(use, level, view(line)); });
}

} // namespace

Result<void> offer_log(ServiceSet &services, HostContracts &contracts) {
  return offer(services, contracts, graft_log{.write = write});
}

} // namespace graft
