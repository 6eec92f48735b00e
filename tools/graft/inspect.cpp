// `graft inspect`: what compiling a bundle tells, for people and for programs.
#include "command.hpp"
#include "json.hpp"
#include "output.hpp"

#include <graft/inspect.hpp>

#include <fmt/format.h>

#include <memory>

namespace graft::tool {
namespace {

struct InspectCommand {
  std::string path;
  std::vector<std::string> include_dirs;
  bool ir = false;
  bool assembly = false;
  Format format = Format::kText;
};

void print_heading(std::string_view text) { fmt::print("\n{}\n", paint(stdout, Ink::kBold, text)); }

std::string place(const SourcePos &where) {
  return where.file.empty() ? "" : shorten(where.file) + ":" + std::to_string(where.line);
}

void print_contracts(const Facts &facts) {
  if (facts.contracts.empty()) return;
  print_heading("contracts");
  for (const ContractFacts &contract : facts.contracts) {
    fmt::print("  {}@{}.{}  {}\n", contract.name, contract.major, contract.minor,
               paint(stdout, Ink::kDim, place(contract.where)));
    for (const ContractFunction &function : contract.functions) fmt::print("    {}\n", function.declaration);
  }
}

void print_providers(const Facts &facts) {
  if (facts.providers.empty()) return;
  print_heading("providers");
  for (const ProviderFacts &provider : facts.providers) {
    fmt::print("  {}@{}.{}{}  {}\n", provider.contract, provider.major, provider.minor,
               provider.checked ? "" : "  (unchecked)", paint(stdout, Ink::kDim, place(provider.where)));
    for (const std::string &entry : provider.entries) fmt::print("    {}\n", entry.empty() ? "(not provided)" : entry);
  }
}

void print_layouts(const Facts &facts) {
  print_heading("layouts");
  for (const Type &type : facts.types.types) {
    if (type.kind != TypeKind::kStruct && type.kind != TypeKind::kUnion) continue;
    fmt::print("  {} {}: {} bytes, aligned to {}\n", type.kind == TypeKind::kUnion ? "union" : "struct",
               type.name.empty() ? "(unnamed)" : type.name, type.size, type.align);
    for (const Field &field : type.fields)
      fmt::print("    {:>6}{}  {} {}\n", field.offset_bits / 8,
                 field.width_bits != 0 ? fmt::format(".{}/{}", field.offset_bits % 8, field.width_bits) : "",
                 spelling(facts.types, field.type), field.name);
  }
}

void print_kept(const Facts &facts) {
  if (facts.kept.empty()) return;
  print_heading("kept state");
  for (const KeptFacts &kept : facts.kept)
    fmt::print("  {} {}  {}\n", spelling(facts.types, kept.type), kept.name, paint(stdout, Ink::kDim, place(kept.where)));
}

char letter(SymbolKind kind) {
  switch (kind) {
  case SymbolKind::kFunction:
    return 'F';
  case SymbolKind::kObject:
    return 'D';
  case SymbolKind::kUndefined:
    return 'U';
  case SymbolKind::kOther:
    return '?';
  }
  return '?';
}

void print_symbols(const std::vector<SymbolInfo> &symbols) {
  print_heading("symbols (F function, D data, U undefined; lower case: local)");
  for (const SymbolInfo &symbol : symbols) {
    const char mark = letter(symbol.kind);
    fmt::print("  {:>8}  {}  {}\n", symbol.size, symbol.local && mark != '?' ? static_cast<char>(mark + ('a' - 'A')) : mark,
               symbol.name);
  }
}

void print_headers(const Facts &facts) {
  std::size_t system = 0;
  print_heading("headers");
  for (const HeaderFacts &header : facts.headers) {
    if (header.system)
      ++system;
    else
      fmt::print("  {}\n", shorten(header.path));
  }
  fmt::print("  and {} of the system\n", system);
}

void print_inspection(const Inspection &inspection) {
  const Artifact &artifact = inspection.artifact;
  fmt::print("{} {}  {}\n", paint(stdout, Ink::kBold, inspection.name), inspection.version, shorten(inspection.path));
  fmt::print("source {}, object {}\n", short_text(artifact.source_key), short_text(artifact.object_key));
  fmt::print("code {} bytes, read-only data {}, writable data {}\n", inspection.code_bytes, inspection.read_only_bytes,
             inspection.writable_bytes);
  for (const std::string &ref : inspection.requires_) fmt::print("requires {}\n", ref);
  for (const auto &[key, values] : inspection.manifest) fmt::print("{} {}\n", key, fmt::join(values, ", "));
  print_heading("sources");
  for (const std::string &source : inspection.sources) fmt::print("  {}\n", shorten(source));
  print_contracts(artifact.facts);
  print_providers(artifact.facts);
  print_kept(artifact.facts);
  print_layouts(artifact.facts);
  print_symbols(inspection.symbols);
  print_headers(artifact.facts);
}

int inspect_bundle(const InspectCommand &command) {
  InspectOptions options;
  options.include_dirs = command.include_dirs;
  options.unchecked = Unchecked::kAllow; // looking is not loading
  if (command.ir || command.assembly) {
    const auto text = emit(command.path, command.ir ? TextForm::kIr : TextForm::kAssembly, options);
    if (!text) return fail(text.error(), command.format);
    if (command.format == Format::kJson)
      print_json({{command.ir ? "ir" : "asm", *text}});
    else
      fmt::print("{}", *text);
    return kDone;
  }
  const auto inspection = inspect(command.path, options);
  if (!inspection) return fail(inspection.error(), command.format);
  if (command.format == Format::kJson) {
    print_json(json_of(*inspection));
    return kDone;
  }
  print_diagnostics((*inspection).artifact.warnings);
  print_inspection(*inspection);
  return kDone;
}

} // namespace

void add_inspect(CLI::App &app, Action &action) {
  auto options = std::make_shared<InspectCommand>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("inspect", "print what compiling a bundle tells, or its IR or assembly");
  command->add_option("PATH", options->path, "a bundle's folder, or a single source file")->required();
  CLI::Option *ir = command->add_flag("--ir", options->ir, "print LLVM IR, file after file");
  command->add_flag("--asm", options->assembly, "print assembly, file after file")->excludes(ir);
  add_include_dirs(*command, options->include_dirs);
  add_json(*command, options->format);
  command->footer(R"(
Contracts, providers, kept state, layouts, symbols, sizes and headers. The bundle is compiled and linked; nothing of it runs.

Examples:
  graft inspect plugins/greeter
  graft inspect --asm plugins/greeter | less
  graft inspect --json plugins/greeter | jq '.layouts[].size')");
  command->callback([&action, options] { action = [options] { return inspect_bundle(*options); }; });
}

} // namespace graft::tool
