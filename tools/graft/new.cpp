// `graft new`: a bundle that loads at once.
#include "command.hpp"
#include "output.hpp"
#include "scaffold.hpp"
#include "usage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace graft::tool {
namespace {

struct NewOptions {
  std::string name;
  std::string directory = ".";
  std::string flavour = "c";
  bool list = false;
};

bool is_bundle_name(const std::string &name) {
  return !name.empty() && name.size() <= 100 && name[0] != '.' && name[0] != '-' &&
         std::ranges::all_of(name, [](unsigned char character) {
           return (std::isalnum(character) != 0 && character < 128) || character == '_' || character == '-' ||
                  character == '.';
         });
}

int list_flavours() {
  for (const FlavourInfo &each : flavours()) fmt::print("{:<6} {}\n", each.name, each.what);
  return kDone;
}

int make(const NewOptions &options) {
  if (options.list) return list_flavours();
  if (options.name.empty()) {
    print_error("a new bundle needs a name: graft new NAME");
    return kUsedWrongly;
  }
  if (!is_bundle_name(options.name)) {
    print_error(fmt::format("'{}' cannot name a bundle: A-Z a-z 0-9 _ . - are allowed, not starting with a dot or hyphen",
                            options.name));
    return kUsedWrongly;
  }
  const Scaffold scaffold = make_scaffold(options.name, std::ranges::find(flavours(), options.flavour, &FlavourInfo::name)->flavour);
  const std::filesystem::path folder = std::filesystem::path(options.directory) / options.name;
  if (const auto written = write_scaffold(scaffold, folder); !written) {
    print_error(written.error());
    return kFailed;
  }
  const std::string shown = folder.lexically_normal().string();
  for (const ScaffoldFile &file : scaffold.files) fmt::print("{}/{}\n", shown, file.name);
  fmt::print("\nnow try: graft {}\n", fmt::format(fmt::runtime(scaffold.next), shown));
  return kDone;
}

} // namespace

void add_new(CLI::App &app, Action &action) {
  auto options = std::make_shared<NewOptions>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("new", "make a bundle that loads at once");
  command->add_option("NAME", options->name, "the bundle's name, and its folder's");
  std::vector<std::string> names;
  for (const FlavourInfo &each : flavours()) names.emplace_back(each.name);
  command->add_option("--template", options->flavour, "what to begin with: c, cpp, state, hook, host")
      ->check(one_of(names))
      ->type_name("KIND");
  command->add_flag_callback("--cpp", [options] { options->flavour = "cpp"; }, "as --template cpp");
  command->add_flag("--list", options->list, "say what templates there are");
  command->add_option("--dir", options->directory, "the folder that the bundle's folder is made in")->type_name("DIR");
  command->footer(R"(
Writes a contract's header, a source that provides it, its test, graft.toml, a README, and compile_flags.txt for clangd. Nothing that
is there is overwritten.

Examples:
  graft new hello
  graft new --cpp hello --dir plugins
  graft new counter --template state && graft test counter)");
  command->callback([&action, options] { action = [options] { return make(*options); }; });
}

} // namespace graft::tool
