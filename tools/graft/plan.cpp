// `graft plan`: what a reload would do to kept state, without a host.
#include "command.hpp"
#include "json.hpp"
#include "output.hpp"

#include <graft/inspect.hpp>

#include <fmt/format.h>

#include <memory>

namespace graft::tool {
namespace {

struct PlanCommand {
  std::string old;
  std::string fresh;
  std::vector<std::string> include_dirs;
  Format format = Format::kText;
};

int plan(const PlanCommand &command) {
  InspectOptions options;
  options.include_dirs = command.include_dirs;
  const Result<ReloadPlan> plan = plan_reload(command.old, command.fresh, options);
  if (!plan) {
    print_error(plan.error());
    return kFailed;
  }
  if (command.format == Format::kJson)
    print_json(json_of(*plan));
  else
    fmt::print("{}", to_string(*plan));
  return (*plan).kind == PlanKind::kRefused ? kFailed : kDone;
}

} // namespace

void add_plan(CLI::App &app, Action &action) {
  auto options = std::make_shared<PlanCommand>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("plan", "say what a reload would do to kept state");
  command->add_option("OLD", options->old, "the version that would be running: a folder, or a single source file")
      ->required();
  command->add_option("NEW", options->fresh, "the version that would replace it")->required();
  add_include_dirs(*command, options->include_dirs);
  add_json(*command, options->format);
  command->footer(R"(
Each GRAFT_KEEP variable, and field by field each whose type changed: kept, moved, converted, dropped, new or refused.
Exit code 1: a reload would be refused.

Examples:
  graft plan plugins_src/score_v1 plugins_src/score_v2)");
  command->callback([&action, options] { action = [options] { return plan(*options); }; });
}

} // namespace graft::tool
