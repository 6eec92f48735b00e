// The format: "graftart", its version, a checksum of the rest, and the members of Artifact in their order (byte_stream.hpp).
// Whoever changes one counts `kVersion` up. Indices into the table of types are in range, or the bytes are refused.
#include "artifact_checksum.hpp"

#include <graft/base/artifact_bytes.hpp>
#include <graft/base/byte_stream.hpp>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace graft {

// byte_stream.hpp, B1: in the order in which they are written.
GRAFT_MEMBERS(SourcePos, file, line, column)
GRAFT_MEMBERS(FixIt, begin, end, replacement)
GRAFT_MEMBERS(Diagnostic, severity, where, message, option, snippet, caret_begin, caret_end, fixits, notes)
GRAFT_MEMBERS(Declared, where, line)
GRAFT_MEMBERS(Field, name, type, offset_bits, width_bits, declared)
GRAFT_MEMBERS(Enumerator, name, number, declared)
GRAFT_MEMBERS(Type, kind, const_target, variadic, align, size, target, count, name, fields, enumerators, declared, behind)
GRAFT_MEMBERS(TypeTable, types)
GRAFT_MEMBERS(ContractFunction, name, type, returns_status, fingerprint, declaration, where, line, parameters)
GRAFT_MEMBERS(ContractFacts, tag, name, major, minor, functions, where, has_instances)
GRAFT_MEMBERS(ProviderFacts, contract, major, minor, tag, table_symbol, entries, checked, where)
GRAFT_MEMBERS(KeptFacts, name, symbol, type, fingerprint, where, qualified, file, declaration, binding, life, initial,
              reaches, align, packed)
GRAFT_MEMBERS(KeptClass, type, replace, destroy, bytes, polymorphic, foreign)
GRAFT_MEMBERS(KeptLayout, type, text)
GRAFT_MEMBERS(InstanceFacts, tag, type, construct, constructible, reaches, packed, where)
GRAFT_MEMBERS(MigrationFacts, to, from, symbol, where)
GRAFT_MEMBERS(NoexceptFacts, symbol, where)
GRAFT_MEMBERS(HeaderFacts, path, system, content)
GRAFT_MEMBERS(Facts, types, contracts, providers, kept, kept_classes, kept_layouts, instances, migrations, noexcepts,
              headers, defines_init, defines_stop, defines_main)
GRAFT_MEMBERS(ObjectFile, source, bytes)
GRAFT_MEMBERS(Import, symbol, where, weak)
GRAFT_MEMBERS(Thunk, symbol, target, contract, function)
GRAFT_MEMBERS(CompileTimes, front_end_ns, optimise_ns, emit_ns, cache_ns, preamble_ns, instantiate_ns, lower_ns)
GRAFT_MEMBERS(SharedCode, key, object, symbols)
GRAFT_MEMBERS(Look, path, found, content)
GRAFT_MEMBERS(InputTrace, looks, unrepeatable)
GRAFT_MEMBERS(Artifact, bundle, objects, bitcode, facts, imports, thunks, warnings, source_key, object_key, token_key, times,
              shared, origin, compiled, trace, prelinked)

// The last enumerator of each enum that is written.
constexpr Severity last(Severity) { return Severity::kFatal; }
constexpr TypeKind last(TypeKind) { return TypeKind::kOpaque; }
constexpr Origin last(Origin) { return Origin::kMemory; }
constexpr Look::Found last(Look::Found) { return Look::Found::kFolder; }

namespace {

constexpr std::string_view kMagic = "graftart";
constexpr std::uint32_t kVersion = 4;
constexpr std::size_t kHeaderBytes = kArtifactChecksumAt + sizeof(std::uint64_t);
static_assert(kArtifactChecksumAt == kMagic.size() + sizeof kVersion);

/// Facts without types, as machine code has them, have the index 0 only.
bool indices_hold(const Facts &facts) {
  const std::size_t count = std::max<std::size_t>(facts.types.types.size(), 1);
  const auto holds = [&](TypeIndex index) { return index < count; };
  const auto all = [&](const auto &values) {
    return std::ranges::all_of(values, [&](const auto &v) { return holds(v.type); });
  };
  const auto type_holds = [&](const Type &type) {
    return holds(type.target) && all(type.fields) && std::ranges::all_of(type.behind, holds);
  };
  const auto contract_holds = [&](const ContractFacts &contract) { return all(contract.functions); };
  const auto migration_holds = [&](const MigrationFacts &migration) { return holds(migration.to) && holds(migration.from); };
  return std::ranges::all_of(facts.types.types, type_holds) && std::ranges::all_of(facts.contracts, contract_holds) &&
         std::ranges::all_of(facts.migrations, migration_holds) && all(facts.kept) && all(facts.kept_classes) &&
         all(facts.kept_layouts) && all(facts.instances);
}

template <class T>
T read_at(std::span<const char> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

} // namespace

std::vector<char> to_bytes(const Artifact &artifact) {
  std::vector<char> bytes(kHeaderBytes);
  std::size_t guess = kHeaderBytes + artifact.bitcode.size() + 16 * 1024;
  for (const ObjectFile &object : artifact.objects) guess += object.bytes.size();
  for (const auto &code : artifact.shared) guess += code->object.size();
  bytes.reserve(guess);
  ByteWriter(bytes).put(artifact);
  const std::uint64_t sum = artifact_checksum(std::span(bytes).subspan(kHeaderBytes));
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  std::memcpy(bytes.data() + kMagic.size(), &kVersion, sizeof kVersion);
  std::memcpy(bytes.data() + kArtifactChecksumAt, &sum, sizeof sum);
  return bytes;
}

Result<Artifact> artifact_from_bytes(std::span<const char> bytes) {
  const auto damaged = [&](const char *how) {
    return error(Code::kInvalid, std::to_string(bytes.size()) + " bytes are " + how + "; compile the bundle again");
  };
  if (bytes.size() < kHeaderBytes || std::string_view(bytes.data(), kMagic.size()) != kMagic)
    return damaged("not the beginning of an artifact");
  if (const auto version = read_at<std::uint32_t>(bytes, kMagic.size()); version != kVersion)
    return error(Code::kIncompatible, "the artifact is in format " + std::to_string(version) + ", this graft reads " +
                                          std::to_string(kVersion) + "; compile the bundle again");
  const std::span<const char> body = bytes.subspan(kHeaderBytes);
  if (read_at<std::uint64_t>(bytes, kArtifactChecksumAt) != artifact_checksum(body)) return damaged("a damaged artifact");
  Artifact artifact;
  ByteReader reader(body);
  reader.get(artifact);
  if (!reader.is_whole() || !indices_hold(artifact.facts)) return damaged("no artifact, though their checksum says so");
  return artifact;
}

} // namespace graft
