// `graft rebind`: an older plugin's source against a newer contract header.
#include "command.hpp"
#include "json.hpp"
#include "output.hpp"

#include <graft/rebind.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

namespace graft::tool {
namespace {

struct RebindCommand {
  std::string path;
  std::vector<std::string> headers;
  std::vector<std::string> include_dirs;
  std::string output;
  Format format = Format::kText;
};

Json json_of(const ReboundContract &contract) {
  Json json = {{"name", contract.name},
               {"before", contract.before},
               {"after", contract.after},
               {"old", to_string(contract.old_place)},
               {"new", to_string(contract.new_place)},
               {"added", contract.added},
               {"dropped", contract.dropped},
               {"not_provided", contract.not_provided}};
  if (!contract.difference.empty()) json["difference"] = contract.difference;
  return json;
}

Json json_of(const Rebinding &rebinding) {
  Json json = {{"bundle", rebinding.bundle}, {"replaced", rebinding.replaced}, {"contracts", Json::array()}};
  for (const ReboundContract &contract : rebinding.contracts) json["contracts"].push_back(json_of(contract));
  json["warnings"] = tool::json_of(rebinding.artifact.warnings);
  return json;
}

void print_names(const char *what, const std::vector<std::string> &names) {
  if (!names.empty()) fmt::print("    {}: {}\n", what, fmt::join(names, ", "));
}

void print_rebinding(const Rebinding &rebinding, const RebindCommand &command) {
  print_diagnostics(rebinding.artifact.warnings);
  fmt::print("{}: fits\n", paint(stdout, Ink::kBold, rebinding.bundle));
  for (const ReboundContract &contract : rebinding.contracts) {
    fmt::print("  {} {} -> {}\n", contract.name, contract.before, contract.after);
    print_names("added", contract.added);
    print_names("dropped", contract.dropped);
    print_names("not provided, so callers get an error", contract.not_provided);
    if (!contract.difference.empty()) fmt::print("    differs: {}\n", contract.difference);
  }
  if (!command.output.empty()) fmt::print("written to {}\n", command.output);
}

int rebind_bundle(const RebindCommand &command) {
  const std::vector<std::filesystem::path> headers(command.headers.begin(), command.headers.end());
  RebindOptions options;
  options.include_dirs = command.include_dirs;
  const auto rebinding = command.output.empty() ? rebind(command.path, headers, options)
                                                : rebind_into(command.output, command.path, headers, options);
  if (!rebinding) {
    if (command.format == Format::kJson)
      print_json({{"error", tool::json_of(rebinding.error())}});
    else
      print_error(rebinding.error());
    return kFailed;
  }
  if (command.format == Format::kJson)
    print_json(json_of(*rebinding));
  else
    print_rebinding(*rebinding, command);
  return kDone;
}

} // namespace

void add_rebind(CLI::App &app, Action &action) {
  auto options = std::make_shared<RebindCommand>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("rebind", "compile a bundle against a newer contract header than its own");
  command->add_option("BUNDLE", options->path, "a bundle's folder, or a single source file")->required();
  command->add_option("--contract", options->headers, "a header that stands in for the bundle's own; may be repeated")
      ->required()
      ->type_name("HEADER")
      ->allow_extra_args(false);
  command
      ->add_option("-o,--output", options->output, "write the bundle as it now is to this folder, which must be new")
      ->type_name("DIR");
  add_include_dirs(*command, options->include_dirs);
  add_json(*command, options->format);
  command->footer(R"(
The header takes the place of the one that declares the same contract in the bundle; a header of no contract, of the one that has
its file name. The bundle is compiled and verified; nothing of it runs. If it no longer fits, its lines are shown with the old and the new declaration.

Examples:
  graft rebind plugins/greeter --contract include/greeter.h
  graft rebind plugins/greeter --contract include/greeter.h -o plugins/greeter-1.2)");
  command->callback([&action, options] { action = [options] { return rebind_bundle(*options); }; });
}

} // namespace graft::tool
