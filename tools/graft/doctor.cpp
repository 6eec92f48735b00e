// `graft doctor`: what compiling and linking need of this machine, whether it is there, and how to get it.
#include "command.hpp"
#include "json.hpp"
#include "output.hpp"

#include <graft/inspect.hpp>

#include <fmt/format.h>
#include <linux/membarrier.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

namespace graft::tool {
namespace {

Requirement barrier() {
  const long commands = ::syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
  const bool present = commands >= 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0;
  return {"membarrier in the kernel, for reload-safe calls at full speed", present, "the running kernel",
          "run Linux 4.14 or newer, and let the sandbox allow membarrier"};
}

Requirement address_space() {
  constexpr rlim_t kWanted = rlim_t{4} << 30;
  rlimit limit = {};
  const bool present = ::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur >= kWanted;
  return {"4 GiB of address space to reserve code in", present, "no limit in the way", "ulimit -v unlimited"};
}

int examine(Format format) {
  std::vector<Requirement> all = requirements();
  all.push_back(barrier());
  all.push_back(address_space());
  const bool healthy = std::ranges::all_of(all, &Requirement::present);
  if (format == Format::kJson) {
    Json list = Json::array();
    for (const Requirement &one : all) {
      Json json = {{"what", one.what}, {"present", one.present}};
      one.present ? json["found"] = one.found : json["remedy"] = one.remedy;
      list.push_back(json);
    }
    print_json({{"version", version_text()}, {"healthy", healthy}, {"requirements", list}});
    return healthy ? kDone : kFailed;
  }
  fmt::print("{}\n", version_text());
  for (const Requirement &one : all) {
    if (one.present)
      fmt::print("{}  {} ({})\n", paint(stdout, Ink::kGreen, "there  "), one.what, one.found);
    else
      fmt::print("{}  {}: {}\n", paint(stdout, Ink::kRed, "MISSING"), one.what, one.remedy);
  }
  const auto missing = std::ranges::count(all, false, &Requirement::present);
  fmt::print("{}\n", healthy ? "all of it is there" : fmt::format("{} of {} missing", missing, all.size()));
  return healthy ? kDone : kFailed;
}

} // namespace

void add_doctor(CLI::App &app, Action &action) {
  auto format = std::make_shared<Format>(Format::kText); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("doctor", "say what of the environment is missing and how to get it");
  add_json(*command, *format);
  command->footer("\nExit code 0 when nothing is missing, 1 otherwise.");
  command->callback([&action, format] { action = [format] { return examine(*format); }; });
}

} // namespace graft::tool
