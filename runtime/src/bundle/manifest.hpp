// `graft.toml`: what a bundle says about itself. Parsing only; what the files hold is bundle_text.hpp's business, and
// whether the code agrees is verify.hpp's.
#pragma once

#include <graft/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// `name@major.minor`, as `provides` and `requires` spell it. Without a minor any will do.
struct ContractRef {
  std::string name;
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  SourcePos where;        ///< in the manifest
  bool has_minor = false; ///< written out: in `provides` it then means exactly this one

  bool operator==(const ContractRef &) const = default;
};

/// "demo.greeter@1.0".
std::string to_string(const ContractRef &ref);

struct Version {
  std::uint32_t major = 0, minor = 0, patch = 0;
  std::string text; ///< as written, with what follows `-` and `+`

  bool operator==(const Version &) const = default;
};

struct Manifest {
  std::string name;
  Version version{0, 0, 0, "0.0.0"};
  std::vector<std::string> sources; ///< globs relative to the bundle's folder; empty: every source file in it
  std::vector<std::string> flags;   ///< from the allow-list
  std::vector<ContractRef> provides;
  bool lists_provides = false; ///< the key is there: code and list must agree both ways
  std::vector<ContractRef> requires_;
  std::string file; ///< of the manifest; empty when there is none

  bool operator==(const Manifest &) const = default;
};

/// Fails with kInvalid and the line and column: bad TOML, an unknown key (with the nearest known one), a wrong type, a bad
/// name, version, contract or flag.
Result<Manifest> parse_manifest(std::string_view text, const std::string &file);

/// Whether a name can be a bundle's: 1 to 128 of [A-Za-z0-9_.-], not starting with a dot.
bool is_bundle_name(std::string_view name);

} // namespace graft
