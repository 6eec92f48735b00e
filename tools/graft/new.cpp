// `graft new`: a bundle that loads at once.
#include "command.hpp"
#include "output.hpp"
#include "scaffold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace graft::tool {
namespace {

struct NewOptions {
  std::string name;
  std::string directory = ".";
  bool cxx = false;
};

bool is_bundle_name(const std::string &name) {
  return !name.empty() && name.size() <= 100 && name[0] != '.' && name[0] != '-' &&
         std::ranges::all_of(name, [](unsigned char character) {
           return (std::isalnum(character) != 0 && character < 128) || character == '_' || character == '-' ||
                  character == '.';
         });
}

int make(const NewOptions &options) {
  if (!is_bundle_name(options.name)) {
    print_error(fmt::format("'{}' cannot name a bundle: A-Z a-z 0-9 _ . - are allowed, not starting with a dot or hyphen",
                            options.name));
    return kUsedWrongly;
  }
  const Scaffold scaffold = make_scaffold(options.name, options.cxx ? Flavour::kCxx : Flavour::kC);
  const std::filesystem::path folder = std::filesystem::path(options.directory) / options.name;
  if (const auto written = write_scaffold(scaffold, folder); !written) {
    print_error(written.error());
    return kFailed;
  }
  const std::string shown = folder.lexically_normal().string();
  for (const ScaffoldFile &file : scaffold.files) fmt::print("{}/{}\n", shown, file.name);
  fmt::print("\nnow try: graft run {} --call {}.greet world\n", shown, scaffold.contract);
  return kDone;
}

} // namespace

void add_new(CLI::App &app, Action &action) {
  auto options = std::make_shared<NewOptions>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("new", "make a bundle that loads at once");
  command->add_option("NAME", options->name, "the bundle's name, and its folder's")->required();
  command->add_flag("--cpp", options->cxx, "in C++ instead of C");
  command->add_option("--dir", options->directory, "the folder that the bundle's folder is made in")->type_name("DIR");
  command->footer(R"(
Writes a contract's header, a source that provides it, graft.toml, a README, and compile_flags.txt for clangd. Nothing that is
there is overwritten.

Examples:
  graft new hello
  graft new --cpp hello --dir plugins)");
  command->callback([&action, options] { action = [options] { return make(*options); }; });
}

} // namespace graft::tool
