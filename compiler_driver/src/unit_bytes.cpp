// See unit_bytes.hpp.
#include "unit_bytes.hpp"

#include <graft/base/artifact_bytes.hpp>
#include <graft/base/byte_stream.hpp>

#include <utility>

namespace graft::driver {
namespace {

/// `rest` holds an artifact's bytes.
struct StoredUnit {
  std::vector<char> rest;
  std::vector<std::string> defined;
  std::vector<std::string> defined_strongly;
  ContentKey learned;
};
GRAFT_MEMBERS(StoredUnit, rest, defined, defined_strongly, learned)

struct StoredCode {
  ContentKey key;
  std::vector<std::string> imports;
  std::vector<std::string> own_symbols;
  std::vector<char> shared; ///< of an artifact that relies on it; so is the next
  std::vector<char> own;    ///< of a unit; empty: none
};
GRAFT_MEMBERS(StoredCode, key, imports, own_symbols, shared, own)

} // namespace

std::vector<char> to_bytes(const Unit &unit) {
  Artifact carrier;
  carrier.bundle = unit.source;
  carrier.objects.push_back({unit.source, unit.output});
  carrier.bitcode = unit.bitcode;
  carrier.facts = unit.facts;
  carrier.imports = unit.undefined;
  carrier.thunks = unit.thunks;
  carrier.warnings = unit.diagnostics;
  carrier.source_key = unit.text_key;
  carrier.token_key = unit.token_key;
  carrier.times = unit.times;
  return written(
      StoredUnit{to_bytes(carrier), unit.defined, unit.defined_strongly, unit.learned ? unit.learned->key : ContentKey{}});
}

std::optional<UnitInBytes> unit_from_bytes(std::span<const char> bytes) {
  auto stored = read_whole<StoredUnit>(bytes);
  if (!stored) return std::nullopt;
  auto carrier = artifact_from_bytes(stored->rest);
  if (!carrier || (*carrier).objects.size() != 1) return std::nullopt;
  Artifact &artifact = *carrier;
  UnitInBytes read;
  Unit &unit = read.unit;
  unit.source = std::move(artifact.bundle);
  unit.output = std::move(artifact.objects.front().bytes);
  unit.bitcode = std::move(artifact.bitcode);
  unit.facts = std::move(artifact.facts);
  unit.undefined = std::move(artifact.imports);
  unit.thunks = std::move(artifact.thunks);
  unit.diagnostics = std::move(artifact.warnings);
  unit.text_key = artifact.source_key;
  unit.token_key = artifact.token_key;
  unit.times = artifact.times;
  unit.defined = std::move(stored->defined);
  unit.defined_strongly = std::move(stored->defined_strongly);
  read.learned = stored->learned;
  return read;
}

std::vector<char> to_bytes(const HeaderCode &code) {
  Artifact carrier;
  if (code.shared) carrier.shared.push_back(code.shared);
  return written(StoredCode{code.key, code.imports, code.own_symbols, to_bytes(carrier),
                            code.own ? to_bytes(*code.own) : std::vector<char>()});
}

std::optional<HeaderCode> header_code_from_bytes(std::span<const char> bytes) {
  auto stored = read_whole<StoredCode>(bytes);
  if (!stored) return std::nullopt;
  auto carrier = artifact_from_bytes(stored->shared);
  if (!carrier) return std::nullopt;
  HeaderCode code{stored->key, nullptr, std::move(stored->imports), nullptr, std::move(stored->own_symbols)};
  if (!(*carrier).shared.empty()) code.shared = (*carrier).shared.front();
  if (stored->own.empty()) return code;
  auto own = unit_from_bytes(stored->own);
  if (!own) return std::nullopt;
  code.own = std::make_shared<const Unit>(std::move(own->unit));
  return code;
}

} // namespace graft::driver
