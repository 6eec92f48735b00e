// `graft contracts`: what a header declares, for people and programs, and as the source that carries it into a host.
#include "command.hpp"
#include "json.hpp"
#include "output.hpp"

#include <graft/contracts.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

namespace graft::tool {
namespace {

struct ContractsCommand {
  std::vector<std::string> headers;
  HeaderOptions options;
  std::string output;
  std::string depfile;
  Format format = Format::kText;
};

/// Writes `text` unless the file holds it already, so that what is built from it stays as it is.
Result<void> write_if_changed(const std::string &path, const std::string &text) {
  std::ostringstream known;
  if (std::ifstream file(path, std::ios::binary); file) known << file.rdbuf();
  if (known.view() == text) return {};
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return error(Code::kInvalid, "cannot write '" + path + "'");
  return {};
}

/// A path as make and ninja read it.
std::string escaped(const std::string &path) {
  std::string text;
  for (const char character : path) {
    if (character == ' ' || character == '#') text += '\\';
    text += character;
    if (character == '$') text += '$';
  }
  return text;
}

Result<void> embed(const ContractsCommand &command) {
  GRAFT_TRY_ASSIGN(const HeaderFile header, read_header(command.headers.front(), command.options));
  GRAFT_TRY(write_if_changed(command.output, embedding_of(header)));
  if (command.depfile.empty()) return {};
  std::string rule = escaped(command.output) + ":";
  for (const std::string &file : header.read) rule += " \\\n  " + escaped(file);
  return write_if_changed(command.depfile, rule + "\n");
}

Json json_of_contract(const ContractDescription &description) {
  Json functions = Json::array();
  for (const ContractFunction &function : description.contract.functions)
    functions.push_back({{"name", function.name},
                         {"declaration", function.declaration},
                         {"fingerprint", function.fingerprint},
                         {"line", function.where.line}});
  const ContractFacts &contract = description.contract;
  return {{"name", contract.name},       {"major", contract.major},     {"minor", contract.minor},
          {"file", contract.where.file}, {"line", contract.where.line}, {"functions", functions}};
}

Result<Json> list(const ContractsCommand &command) {
  Json all = Json::array();
  for (const std::string &path : command.headers) {
    GRAFT_TRY_ASSIGN(const HeaderFile header, read_header(path, command.options));
    for (const ContractDescription &description : header.contracts) {
      all.push_back(json_of_contract(description));
      if (command.format == Format::kJson) continue;
      const ContractFacts &contract = description.contract;
      fmt::print("{}  {}\n",
                 paint(stdout, Ink::kBold, fmt::format("{}@{}.{}", contract.name, contract.major, contract.minor)),
                 paint(stdout, Ink::kDim, shorten(to_string(contract.where))));
      for (const ContractFunction &function : contract.functions)
        fmt::print("  {}\n    {}\n", function.declaration, paint(stdout, Ink::kDim, function.fingerprint));
    }
  }
  return all;
}

int run_contracts(const ContractsCommand &command) {
  if (!command.output.empty()) {
    if (command.headers.size() != 1) {
      print_error("one header a source: --embed takes exactly one");
      return kUsedWrongly;
    }
    const auto written = embed(command);
    return written ? kDone : fail(written.error(), command.format);
  }
  const auto all = list(command);
  if (!all) return fail(all.error(), command.format);
  if (command.format == Format::kJson) print_json(*all);
  return kDone;
}

} // namespace

void add_contracts(CLI::App &app, Action &action) {
  auto options = std::make_shared<ContractsCommand>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("contracts", "print what contract headers declare, or turn one into a host's view");
  command->add_option("HEADER", options->headers, "headers with GRAFT_CONTRACT")->required();
  CLI::Option *embed =
      command->add_option("--embed", options->output, "write the C++ source that carries the header's view into a host")
          ->type_name("FILE");
  command->add_option("--depfile", options->depfile, "write the files that were read as a rule for make")->needs(embed)->type_name("FILE");
  add_include_dirs(*command, options->options.include_dirs);
  command
      ->add_option_function<std::vector<std::string>>(
          "-D",
          [options](const std::vector<std::string> &defines) {
            for (const std::string &define : defines) options->options.flags.push_back("-D" + define);
          },
          "define a macro, as a compiler's -D does; may be repeated")
      ->allow_extra_args(false);
  add_json(*command, options->format);
  command->footer(R"(
With --embed, a source is written that belongs into the host: the contracts' types as data, and an assertion for each size and
offset. graft_contracts(TARGET HEADER...) of the CMake package does that at each build; an unchanged source is not touched.

Examples:
  graft contracts include/greeter.h
  graft contracts --json include/*.h | jq '.[].functions[].fingerprint'
  graft contracts include/greeter.h --embed build/greeter_view.cpp)");
  command->callback([&action, options] { action = [options] { return run_contracts(*options); }; });
}

} // namespace graft::tool
