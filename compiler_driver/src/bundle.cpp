// See bundle.hpp.
#include "bundle.hpp"

#include "content_key.hpp"
#include "looks.hpp"
#include "types.hpp"

#include <llvm/ADT/StringMap.h>
#include <llvm/ADT/StringSet.h>

#include <algorithm>

namespace graft::driver {
namespace {

Diagnostic message_at(Severity severity, const SourcePos &where, std::string text) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.where = where;
  diagnostic.message = std::move(text);
  return diagnostic;
}

Error two_places(Code code, const SourcePos &where, std::string sentence, const SourcePos &other, std::string note) {
  Error result = error(code, sentence, where);
  result.diagnostics.push_back(message_at(Severity::kError, where, std::move(sentence)));
  result.diagnostics.back().notes.push_back(message_at(Severity::kNote, other, std::move(note)));
  return result;
}

std::string identity(const std::string &name, std::uint16_t major) { return "'" + name + "@" + std::to_string(major) + "'"; }

/// Two files that include different versions of one header build tables that do not fit each other.
Result<void> check_same(const ContractFacts &known, const ContractFacts &other) {
  const std::size_t common = std::min(known.functions.size(), other.functions.size());
  for (std::size_t i = 0; i < common; ++i) {
    const ContractFunction &a = known.functions[i];
    const ContractFunction &b = other.functions[i];
    if (a.name == b.name && a.fingerprint == b.fingerprint) continue;
    return two_places(Code::kIncompatible, b.where,
                      "contract " + identity(other.name, other.major) + " is declared in two ways in this bundle: '" +
                          b.declaration + "' here, '" + a.declaration + "' elsewhere",
                      a.where, "the other declaration is here");
  }
  return {};
}

Result<void> merge_contracts(Facts &into, const Facts &from, TypeImporter &types) {
  for (const ContractFacts &contract : from.contracts) {
    const auto same = [&](const ContractFacts &known) {
      return known.name == contract.name && known.major == contract.major;
    };
    const auto known = std::ranges::find_if(into.contracts, same);
    if (known != into.contracts.end()) {
      GRAFT_TRY(check_same(*known, contract));
      if (known->functions.size() >= contract.functions.size()) continue;
    }
    ContractFacts copy = contract;
    for (ContractFunction &function : copy.functions) function.type = types.import(function.type);
    if (known != into.contracts.end())
      *known = std::move(copy);
    else
      into.contracts.push_back(std::move(copy));
  }
  return {};
}

Result<void> merge_providers(Facts &into, const Facts &from) {
  for (const ProviderFacts &provider : from.providers) {
    const auto same = [&](const ProviderFacts &known) {
      return known.tag == provider.tag || (known.contract == provider.contract && known.major == provider.major);
    };
    if (const auto known = std::ranges::find_if(into.providers, same); known != into.providers.end())
      return two_places(Code::kInvalid, provider.where,
                        "contract " + identity(provider.contract, provider.major) +
                            " is provided twice; a bundle provides it once",
                        known->where, "it was provided here first");
    into.providers.push_back(provider);
  }
  return {};
}

/// What a migration is found by: the type that it makes, and the fields of the one that it reads, whatever that is called.
std::string pair_of(const Facts &facts, const MigrationFacts &migration) {
  TypeTable types = facts.types;
  types.types[migration.from].name.clear();
  if (!types[migration.from].declared.where.file.empty()) types.types[migration.from].behind.clear();
  return fingerprint(facts.types, migration.to) + " from " + fingerprint(types, migration.from);
}

Result<void> merge_migrations(Facts &into, const Facts &from, TypeImporter &types) {
  for (MigrationFacts migration : from.migrations) {
    migration.to = types.import(migration.to);
    migration.from = types.import(migration.from);
    for (const MigrationFacts &known : into.migrations)
      if (pair_of(into, known) == pair_of(into, migration))
        return two_places(Code::kInvalid, migration.where,
                          "GRAFT_MIGRATE to '" + spelling(into.types, migration.to) + "' from such a type as '" +
                              spelling(into.types, migration.from) +
                              "' stands twice in this bundle; which one is meant is not known",
                          known.where, "the other one is here");
    into.migrations.push_back(std::move(migration));
  }
  return {};
}

void merge_kept(Facts &into, const Facts &from, TypeImporter &types) {
  for (KeptFacts kept : from.kept) {
    kept.type = types.import(kept.type);
    into.kept.push_back(std::move(kept));
  }
  for (KeptClass kept : from.kept_classes) {
    kept.type = types.import(kept.type);
    into.kept_classes.push_back(std::move(kept));
  }
  for (KeptLayout layout : from.kept_layouts) {
    layout.type = types.import(layout.type);
    into.kept_layouts.push_back(std::move(layout));
  }
  for (InstanceFacts instance : from.instances) {
    instance.type = types.import(instance.type);
    into.instances.push_back(std::move(instance));
  }
}

Result<void> merge(Facts &into, const Facts &from, llvm::StringSet<> &headers) {
  TypeImporter types(from.types, into.types);
  GRAFT_TRY(merge_contracts(into, from, types));
  GRAFT_TRY(merge_providers(into, from));
  merge_kept(into, from, types);
  into.noexcepts.insert(into.noexcepts.end(), from.noexcepts.begin(), from.noexcepts.end());
  GRAFT_TRY(merge_migrations(into, from, types));
  for (const HeaderFacts &header : from.headers)
    if (headers.insert(header.path).second) into.headers.push_back(header);
  into.defines_init |= from.defines_init;
  into.defines_stop |= from.defines_stop;
  into.defines_main |= from.defines_main;
  return {};
}

/// What no file of the bundle defines, nor the code that it shares. Strong once is strong; the first place that is known is
/// the place.
std::vector<Import> imports_of(const std::vector<Unit> &units) {
  llvm::StringSet<> defined;
  for (const Unit &unit : units) {
    for (const std::string &symbol : unit.defined) defined.insert(symbol);
    if (unit.headers)
      for (const std::string &symbol : unit.headers->defined) defined.insert(symbol);
  }
  const auto is_shared = [&](const std::string &symbol) {
    return std::ranges::any_of(
        units, [&](const Unit &unit) { return unit.shared && std::ranges::binary_search(unit.shared->symbols, symbol); });
  };
  std::vector<Import> imports;
  llvm::StringMap<std::size_t> known;
  const auto add = [&](const Unit &unit) {
    for (const Import &import : unit.undefined) {
      if (defined.contains(import.symbol) || is_shared(import.symbol)) continue;
      const auto [entry, inserted] = known.try_emplace(import.symbol, imports.size());
      if (inserted) {
        imports.push_back(import);
        continue;
      }
      Import &first = imports[entry->second];
      first.weak &= import.weak;
      if (first.where.file.empty()) first.where = import.where;
    }
  };
  for (const Unit &unit : units) {
    add(unit);
    if (unit.headers) add(*unit.headers);
  }
  return imports;
}

ContentKey key_of_texts(const std::vector<Unit> &units, const ContentKey &arguments_key) {
  KeyBuilder key;
  key.add(arguments_key);
  for (const Unit &unit : units) key.add(unit.text_key);
  return key.finish();
}

/// Not known, when one file's is not.
ContentKey key_of_tokens(const std::vector<Unit> &units, const ContentKey &arguments_key) {
  KeyBuilder key;
  key.add(arguments_key);
  for (const Unit &unit : units) {
    if (unit.token_key == ContentKey{}) return {};
    key.add(unit.token_key);
  }
  return key.finish();
}

ContentKey key_of_objects(const std::vector<ObjectFile> &objects) {
  KeyBuilder key;
  for (const ObjectFile &object : objects) key.add(std::string_view(object.bytes.data(), object.bytes.size()));
  return key.finish();
}

template <class T>
void append(std::vector<T> &into, std::vector<T> &&from) {
  std::ranges::move(from, std::back_inserter(into));
}

} // namespace

Result<Artifact> make_artifact(const Job &job, std::vector<Unit> units, const ContentKey &arguments_key) {
  Artifact artifact;
  artifact.bundle = job.bundle;
  llvm::StringSet<> headers;
  for (const Unit &unit : units) GRAFT_TRY(merge(artifact.facts, unit.facts, headers));
  artifact.imports = imports_of(units);
  artifact.source_key = key_of_texts(units, arguments_key);
  artifact.token_key = key_of_tokens(units, arguments_key);
  if (job.options.bitcode == Bitcode::kKeep && job.options.need != Need::kFacts) {
    GRAFT_TRY_ASSIGN(artifact.bitcode, link_bitcode(units));
  }
  std::vector<std::shared_ptr<const Unit>> copies;
  for (Unit &unit : units) {
    const auto is_same_copy = [&](const auto &known) { return known->text_key == unit.headers->text_key; };
    if (unit.headers && std::ranges::none_of(copies, is_same_copy)) copies.push_back(unit.headers);
    const auto is_same = [&](const auto &known) { return known->key == unit.shared->key; };
    if (unit.shared && std::ranges::none_of(artifact.shared, is_same)) artifact.shared.push_back(unit.shared);
    append(artifact.thunks, std::move(unit.thunks));
    append(artifact.warnings, std::move(unit.diagnostics));
    merge_trace(artifact.trace, std::move(unit.trace));
    artifact.times += unit.times;
    if (job.options.need != Need::kFacts) artifact.objects.push_back({unit.source, std::move(unit.output)});
  }
  // Behind the sources': of two definitions the first counts, and theirs come with their initialisers.
  for (const auto &unit : copies) artifact.objects.push_back({unit->source, unit->output});
  artifact.object_key = key_of_objects(artifact.objects);
  return artifact;
}

Result<void> see_alike(const Job &job, const std::vector<Unit> &units) {
  if (units.size() < 2) return {};
  SeenHeaders seen;
  for (const Unit &unit : units)
    if (const std::string other = seen.add(unit.facts.headers); !other.empty())
      return error(Code::kConflict, "'" + other + "' changed each time while bundle '" + job.bundle +
                                        "' was compiled; compile it again when it rests");
  return {};
}

} // namespace graft::driver
