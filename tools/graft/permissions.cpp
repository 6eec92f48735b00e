// `graft permissions`: what a bundle's code asks of the process, line by line, and the list that would cover it.
#include "command.hpp"
#include "json.hpp"
#include "output.hpp"

#include <graft/inspect.hpp>

#include <fmt/format.h>

#include <memory>

namespace graft::tool {
namespace {

struct PermissionsCommand {
  std::string path;
  std::vector<std::string> include_dirs;
  bool known = false;
  Format format = Format::kText;
};

Json json_of(const PermissionReport &report) {
  Json json = {{"name", report.name},
               {"closed", report.is_closed},
               {"listed", report.listed},
               {"suggestion", report.suggestion},
               {"needs", Json::array()}};
  for (const PermissionNeed &need : report.needs) {
    Json uses = Json::array();
    for (const PermissionNeed::Use &use : need.uses) {
      uses.push_back({{"symbol", use.symbol}});
      if (!use.where.file.empty()) uses.back()["where"] = to_string(use.where);
    }
    json["needs"].push_back({{"permission", need.permission}, {"listed", need.is_listed}, {"uses", std::move(uses)}});
  }
  return json;
}

int print_known(Format format) {
  Json json = Json::array();
  for (const PermissionInfo &one : permissions()) {
    if (format == Format::kJson)
      json.push_back({{"name", one.name}, {"covers", one.covers}});
    else
      fmt::print("{:<12} {}\n", one.name, one.covers);
  }
  if (format == Format::kJson) print_json(json);
  return kDone;
}

void print_need(const PermissionNeed &need, const PermissionReport &report) {
  const char *const what = need.permission.empty() ? "covered by no permission" : need.permission.c_str();
  fmt::print("{}{}\n", paint(stdout, Ink::kBold, what),
             report.is_closed && !need.is_listed ? paint(stdout, Ink::kRed, "  not listed") : "");
  for (const PermissionNeed::Use &use : need.uses)
    fmt::print("  {}  {}\n", use.symbol,
               paint(stdout, Ink::kDim,
                     use.where.file.empty() ? "" : shorten(use.where.file) + ":" + std::to_string(use.where.line)));
}

std::string manifest_line(const std::vector<std::string> &names) {
  return names.empty() ? "permissions = []" : fmt::format("permissions = [\"{}\"]", fmt::join(names, "\", \""));
}

int tell_needs(const PermissionsCommand &command) {
  if (command.known) return print_known(command.format);
  InspectOptions options;
  options.include_dirs = command.include_dirs;
  options.unchecked = Unchecked::kAllow; // looking is not loading
  const auto report = needed_permissions(command.path, options);
  if (!report) return fail(report.error(), command.format);
  if (command.format == Format::kJson) return print_json(json_of(*report)), kDone;
  const PermissionReport &found = *report;
  fmt::print("{}: {}\n", paint(stdout, Ink::kBold, found.name),
             found.is_closed ? manifest_line(found.listed) : "lists no permissions, so it asks for everything");
  for (const PermissionNeed &need : found.needs) print_need(need, found);
  fmt::print("its code needs: {}\n", manifest_line(found.suggestion));
  return kDone;
}

} // namespace

void add_permissions(CLI::App &app, Action &action) {
  auto options = std::make_shared<PermissionsCommand>(); // shared with the action, which outlives this call
  CLI::App *command =
      app.add_subcommand("permissions", "print what a bundle asks of the process, and with which list it would do");
  CLI::Option *path = command->add_option("PATH", options->path, "a bundle's folder, or a single source file");
  CLI::Option *known = command->add_flag("--known", options->known, "print the permissions that there are")->excludes(path);
  add_include_dirs(*command, options->include_dirs);
  add_json(*command, options->format);
  command->footer(R"(
The bundle is compiled and linked; nothing of it runs. Host contracts (graft.kv and others) ask for permissions, too: those are
known when it runs, so add them yourself.

Examples:
  graft permissions plugins/greeter
  graft permissions --known)");
  command->callback([&action, options, path, known] {
    if (path->count() + known->count() == 0) throw CLI::RequiredError("PATH");
    action = [options] { return tell_needs(*options); };
  });
}

} // namespace graft::tool
