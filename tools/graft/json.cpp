// One function per kind of fact.
#include "json.hpp"

#include "output.hpp"
#include "places.hpp"

#include <graft/json.hpp>

#include <fmt/format.h>

namespace graft::tool {
namespace {

SourcePos on_disk(SourcePos where) {
  where.file = tool::on_disk(where.file);
  return where;
}

std::vector<Diagnostic> on_disk(std::vector<Diagnostic> diagnostics);

Diagnostic on_disk(Diagnostic diagnostic) {
  diagnostic.where = on_disk(std::move(diagnostic.where));
  for (FixIt &fixit : diagnostic.fixits)
    fixit.begin = on_disk(std::move(fixit.begin)), fixit.end = on_disk(std::move(fixit.end));
  diagnostic.notes = on_disk(std::move(diagnostic.notes));
  return diagnostic;
}

std::vector<Diagnostic> on_disk(std::vector<Diagnostic> diagnostics) {
  for (Diagnostic &diagnostic : diagnostics) diagnostic = on_disk(std::move(diagnostic));
  return diagnostics;
}

Json json_of(const SourcePos &where) {
  Json json = {{"file", tool::on_disk(where.file)}};
  if (where.line != 0) json["line"] = where.line;
  if (where.column != 0) json["column"] = where.column;
  return json;
}

std::string id_text(std::uint64_t id) { return fmt::format("0x{:016X}", id); }

Json json_of(const TypeTable &types, const ContractFacts &contract) {
  Json functions = Json::array();
  for (const ContractFunction &function : contract.functions)
    functions.push_back({{"name", function.name},
                         {"declaration", function.declaration},
                         {"type", spelling(types, function.type)},
                         {"returns_status", function.returns_status},
                         {"fingerprint", function.fingerprint}});
  return {{"name", contract.name},
          {"major", contract.major},
          {"minor", contract.minor},
          {"tag", contract.tag},
          {"id", id_text(guest_contract_id(contract.name, contract.major).value)},
          {"functions", functions},
          {"where", json_of(contract.where)}};
}

Json json_of(const ProviderFacts &provider) {
  Json entries = Json::array();
  for (const std::string &entry : provider.entries) entries.push_back(entry.empty() ? Json() : Json(entry));
  return {{"contract", provider.contract},
          {"major", provider.major},
          {"minor", provider.minor},
          {"tag", provider.tag},
          {"entries", entries},
          {"checked", provider.checked},
          {"where", json_of(provider.where)}};
}

Json json_of(const Type &type, const TypeTable &types) {
  Json fields = Json::array();
  for (const Field &field : type.fields) {
    Json one = {{"name", field.name},
                {"offset", field.offset_bits / 8},
                {"size", types[field.type].size},
                {"type", spelling(types, field.type)}};
    if (field.width_bits != 0) one.update({{"bit", field.offset_bits % 8}, {"bits", field.width_bits}});
    fields.push_back(one);
  }
  return {{"kind", type.kind == TypeKind::kUnion ? "union" : "struct"},
          {"name", type.name},
          {"size", type.size},
          {"align", type.align},
          {"fields", fields}};
}

Json layouts_of(const TypeTable &types) {
  Json layouts = Json::array();
  for (const Type &type : types.types)
    if (type.kind == TypeKind::kStruct || type.kind == TypeKind::kUnion) layouts.push_back(json_of(type, types));
  return layouts;
}

const char *word_of(SymbolKind kind) {
  switch (kind) {
  case SymbolKind::kFunction:
    return "function";
  case SymbolKind::kObject:
    return "object";
  case SymbolKind::kUndefined:
    return "undefined";
  case SymbolKind::kOther:
    return "other";
  }
  return "other";
}

Json json_of(const SymbolInfo &symbol) {
  return {{"name", symbol.name},
          {"linked", symbol.linked},
          {"kind", word_of(symbol.kind)},
          {"size", symbol.size},
          {"local", symbol.local}};
}

} // namespace

// What hosts say of themselves has one form, the runtime's.
Json json_of(const Diagnostic &diagnostic) { return Json::parse(to_json(on_disk(diagnostic))); }
Json json_of(const Error &error) {
  return Json::parse(to_json(Error{error.code, error.message, on_disk(error.where), on_disk(error.diagnostics)}));
}
Json json_of(const BundleInfo &bundle) {
  BundleInfo shown = bundle;
  shown.warnings = on_disk(std::move(shown.warnings));
  return Json::parse(to_json(shown));
}
Json json_of(const CompiledFile &file) { return Json::parse(to_json(file)); }
Json json_of(const StepTimes &times) { return Json::parse(to_json(times)); }
Json json_of(const ReloadPlan &plan) { return Json::parse(to_json(plan)); }

Json json_of(const std::vector<Diagnostic> &diagnostics) {
  Json list = Json::array();
  for (const Diagnostic &diagnostic : diagnostics) list.push_back(json_of(diagnostic));
  return list;
}

Json json_of(const CallOutcome &outcome, const ContentKey &source) {
  Json json = {{"contract", outcome.contract},
               {"function", outcome.function},
               {"bundle", outcome.bundle},
               {"generation", outcome.generation},
               {"source", short_text(source)}};
  if (outcome.returns_status) json["status"] = outcome.status;
  if (!outcome.result.empty()) json["result"] = Json::parse(outcome.result);
  json["outputs"] = Json::parse(outcome.outputs.empty() ? "{}" : outcome.outputs);
  return json;
}

Json json_of(const Inspection &inspection) {
  const Artifact &artifact = inspection.artifact;
  Json json = {{"name", inspection.name},
               {"version", inspection.version},
               {"path", inspection.path},
               {"sources", inspection.sources},
               {"provides", inspection.provides},
               {"requires", inspection.requires_},
               {"source_key", short_text(artifact.source_key)},
               {"object_key", short_text(artifact.object_key)}};
  json["manifest"] = Json::object();
  for (const auto &[key, values] : inspection.manifest)
    for (const std::string &value : values) json["manifest"][key].push_back(value);
  for (const char *key : {"contracts", "providers", "kept", "layouts", "headers", "imports", "symbols"})
    json[key] = Json::array();
  for (const ContractFacts &contract : artifact.facts.contracts)
    json["contracts"].push_back(json_of(artifact.facts.types, contract));
  for (const ProviderFacts &provider : artifact.facts.providers) json["providers"].push_back(json_of(provider));
  for (const KeptFacts &kept : artifact.facts.kept)
    json["kept"].push_back({{"name", kept.name},
                            {"symbol", kept.symbol},
                            {"type", spelling(artifact.facts.types, kept.type)},
                            {"fingerprint", kept.fingerprint},
                            {"where", json_of(kept.where)}});
  json["layouts"] = layouts_of(artifact.facts.types);
  for (const HeaderFacts &header : artifact.facts.headers)
    json["headers"].push_back({{"path", header.path}, {"system", header.system}});
  for (const Import &import : artifact.imports) {
    Json one = {{"symbol", import.symbol}, {"weak", import.weak}};
    if (!import.where.file.empty()) one["where"] = json_of(import.where);
    json["imports"].push_back(one);
  }
  for (const SymbolInfo &symbol : inspection.symbols) json["symbols"].push_back(json_of(symbol));
  json["bytes"] = {
      {"code", inspection.code_bytes}, {"read_only", inspection.read_only_bytes}, {"writable", inspection.writable_bytes}};
  json["warnings"] = json_of(artifact.warnings);
  return json;
}

void print_json(const Json &json) { fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace)); }
void print_json_line(const Json &json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
  std::fflush(stdout);
}

int fail(const Error &error, Format format) {
  if (format == Format::kJson)
    print_json_line({{"error", json_of(error)}});
  else
    print_error(error);
  return kFailed;
}

} // namespace graft::tool
