// What manifests say of other bundles: a contract in a version, and a requirement of a contract, of a bundle, or of both.
// Text in, value out; where it stood is the caller's business.
#pragma once

#include <graft/base/result.hpp>
#include <graft/version.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace graft {

/// `name@major.minor`, as `provides` spells it.
struct ContractRef {
  std::string name;
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  SourcePos where{};      ///< in the manifest
  bool has_minor = false; ///< written out: it then means exactly this one

  bool operator==(const ContractRef &) const = default;
};

/// "demo.greeter@1.0".
std::string to_string(const ContractRef &ref);

enum class Need : std::uint8_t { kMust, kMay };

/// One requirement: of a contract, of a bundle, or of a contract that a certain bundle provides.
struct Want {
  std::string contract;    ///< empty: the bundle itself is wanted, whatever it provides
  VersionRange versions{}; ///< of the contract
  std::string bundle{};    ///< empty: anybody's
  VersionRange bundle_versions{};
  Need need = Need::kMust;
  SourcePos where{}; ///< in the manifest
  std::string spelled{}; ///< "demo.clock@1.2", where it is in that form

  bool takes_bundle(std::string_view name, const Version &version) const {
    return bundle.empty() || (bundle == name && bundle_versions.contains(version));
  }
  bool operator==(const Want &) const = default;
};

/// "demo.clock@1.2", "demo.clock >=1.2, <2", "demo.clock * of bundle 'clock' ^1", "bundle 'clock' *".
std::string to_string(const Want &want);

/// `name@major` or `name@major.minor`. Nothing for anything else; `where` is left empty.
std::optional<ContractRef> parse_contract_ref(std::string_view text);

/// Whether a name can be a contract's: letters, digits and `.`, `_`, `-`, `/`.
bool is_contract_name(std::string_view name);

/// `name@major`, `name@major.minor` (that or a later minor) or `name RANGE`. kInvalid with what is wrong, without a place.
Result<Want> parse_want(std::string_view text);

} // namespace graft
