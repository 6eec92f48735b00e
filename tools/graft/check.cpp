// `graft check`: compile and verify bundles as a load would, and run none of their code.
#include "command.hpp"
#include "json.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "sarif.hpp"

#include <graft/inspect.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>

namespace graft::tool {
namespace {

constexpr const char *kStandardOutput = "-"; // as a file's name

struct CheckOptions {
  std::vector<std::string> paths;
  std::vector<std::string> include_dirs;
  Format format = Format::kText;
  std::string sarif; ///< a file; empty: none
};

/// An error as one more diagnostic, unless the compiler's own words say it all.
std::vector<Diagnostic> diagnostics_of(const Error &error) {
  std::vector<Diagnostic> diagnostics = error.diagnostics;
  if (diagnostics.empty()) diagnostics.push_back({Severity::kError, error.where, error.message, {}, {}, 0, 0, {}, {}});
  return diagnostics;
}

/// Of a bundle that was refused for what its list of permissions leaves out: each use by itself, where the error is one sentence of all.
std::vector<Diagnostic> violations_of(const std::string &path, const Error &error, const InspectOptions &options) {
  std::vector<Diagnostic> found;
  if (error.code != Code::kRefused || !error.diagnostics.empty()) return found;
  const auto report = needed_permissions(path, options);
  if (!report || !(*report).is_closed) return found;
  for (const PermissionNeed &need : (*report).needs) {
    if (need.is_listed) continue;
    for (const PermissionNeed::Use &use : need.uses) {
      Diagnostic &one = found.emplace_back();
      one.severity = Severity::kError;
      one.where = use.where;
      one.message = need.permission.empty() ? fmt::format("'{}' is covered by no permission", use.symbol)
                                            : fmt::format("'{}' needs permission '{}'", use.symbol, need.permission);
    }
  }
  return found;
}

/// For SARIF, where each has a rule: what no option of the compiler's controls has the error's code for one, "not-found".
std::vector<Diagnostic> with_rule(std::vector<Diagnostic> diagnostics, Code code) {
  std::string rule = to_string(code);
  std::ranges::replace(rule, ' ', '-');
  for (Diagnostic &diagnostic : diagnostics)
    if (diagnostic.option.empty()) diagnostic.option = rule;
  return diagnostics;
}

void append(Json &list, const std::string &path, const std::vector<Diagnostic> &diagnostics) {
  for (const Diagnostic &diagnostic : diagnostics) {
    Json json = {{"bundle", path}};
    json.update(json_of(diagnostic));
    list.push_back(json);
  }
}

std::string summary(const Inspection &inspection) {
  std::string provides;
  for (const std::string &contract : inspection.provides) provides += (provides.empty() ? "" : ", ") + contract;
  return fmt::format("{}: ok ({}; provides {})", inspection.name, counted(inspection.sources.size(), "source"),
                     provides.empty() ? "nothing" : provides);
}

/// Of folders of bundles those; what cannot be looked into is left to `inspect`, which says why.
std::vector<std::string> bundles_of(const std::vector<std::string> &paths) {
  std::vector<std::string> bundles;
  for (const std::string &path : paths) {
    const auto found = find_bundles(path);
    if (!found) bundles.push_back(path);
    else
      for (const auto &bundle : *found) bundles.push_back(bundle.string());
  }
  return bundles;
}

int check(const CheckOptions &options) {
  int exit = kDone;
  Json all = Json::array();
  std::vector<Diagnostic> found;
  for (const std::string &path : bundles_of(options.paths)) {
    InspectOptions inspect_options;
    inspect_options.unchecked = Unchecked::kAllow; // whoever names a bitcode file wants to hear of it
    inspect_options.include_dirs = options.include_dirs;
    if (options.format == Format::kText)
      inspect_options.compiled = [&](const CompiledFile &file) { show_progress(shorten(path), file, options.format); };
    const Result<Inspection> inspection = inspect(path, inspect_options);
    std::vector<Diagnostic> diagnostics = inspection ? (*inspection).artifact.warnings : std::vector<Diagnostic>();
    const bool are_listed = options.format == Format::kJson || !options.sarif.empty();
    if (!inspection) {
      exit = kFailed;
      if (are_listed) diagnostics = violations_of(path, inspection.error(), inspect_options);
      if (diagnostics.empty()) diagnostics = diagnostics_of(inspection.error());
    }
    std::ranges::move(inspection ? diagnostics : with_rule(diagnostics, inspection.code()), std::back_inserter(found));
    if (options.format == Format::kJson) {
      append(all, path, diagnostics);
    } else if (inspection) {
      print_diagnostics((*inspection).artifact.warnings);
      fmt::print(options.sarif == kStandardOutput ? stderr : stdout, "{}\n", summary(*inspection));
    } else {
      print_error(inspection.error());
    }
  }
  if (options.format == Format::kJson) print_json(all);
  if (options.sarif.empty()) return exit;
  if (options.sarif == kStandardOutput) return print_json(sarif_of(found)), exit;
  if (std::ofstream file(options.sarif); file << sarif_of(found).dump(2, ' ', false, Json::error_handler_t::replace) << "\n")
    return exit;
  print_error("cannot write '" + options.sarif + "'");
  return kFailed;
}

} // namespace

void add_check(CLI::App &app, Action &action) {
  auto options = std::make_shared<CheckOptions>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("check", "compile and verify bundles without running their code");
  command->add_option("PATH", options->paths, "bundles, or folders of them")->required();
  add_include_dirs(*command, options->include_dirs);
  add_json(*command, options->format);
  command->add_option("--sarif", options->sarif, "write the diagnostics as SARIF 2.1.0, too; '-' is standard output")->type_name("FILE");
  command->footer(R"(
Each bundle is compiled, checked against its manifest, and linked against this process; nothing of it runs. All are reported.
With --json, one list of all diagnostics; [] and exit status 0 mean that all is well.

Examples:
  graft check plugins/greeter
  graft check --json plugins/* | jq '.[].message')");
  command->callback([&action, options] { action = [options] { return check(*options); }; });
}

} // namespace graft::tool
