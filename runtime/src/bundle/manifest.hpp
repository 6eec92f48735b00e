// `graft.toml`: what a bundle says about itself. Parsing only; what the files hold is bundle_text.hpp's business, and
// whether the code agrees is verify.hpp's.
#pragma once

#include "contract_ref.hpp"

#include <graft/base/result.hpp>
#include <graft/plugin_state.hpp>
#include <graft/settings.hpp>
#include <graft/tier_up.hpp>
#include <graft/version.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft {

/// A text and its place in the manifest.
struct Word {
  std::string text;
  SourcePos where;

  bool operator==(const Word &) const = default;
};

/// What becomes of the bundle's kept state at a reload.
enum class StatePolicy : std::uint8_t {
  kMigrate, ///< in place where the type is unchanged, else field by field
  kKeep,    ///< in place, or the reload is refused
  kReset,   ///< starts anew
};

/// Whether the bundle is reloaded when one that it requires is.
enum class Cascade : std::uint8_t {
  kNone,
  kAtomic, ///< in the same transaction
  kAfter,  ///< in one of its own, behind it
};

/// A part that the bundle takes in a hook. What is not said is the host's default.
struct HookUse {
  std::string name;                       ///< as its header says: "proxy.pre_query", whichever alias the manifest spells
  std::optional<std::int32_t> priority{}; ///< higher runs earlier; without one, the bundle's
  HookFailure on_failure = HookFailure::kFailOpen;
  std::uint32_t error_budget = 0; ///< failures within a minute until it is quarantined; 0: the host's default
  std::uint32_t call_ms = 0;      ///< that a call may take; 0: the bundle's limit, or the host's default
  SourcePos where;

  bool operator==(const HookUse &) const = default;
};

struct Manifest {
  std::string name;
  Version version;
  std::vector<std::string> standards; ///< "c17", "c++20": at most one a language
  Word loader;                        ///< name of the host's loader; empty: graft's own ways
  std::vector<std::string> sources;   ///< globs relative to the bundle's folder; empty: every source file in it
  std::vector<Word> includes;         ///< folders, relative to the bundle's
  std::vector<std::string> defines;   ///< "NAME" or "NAME=VALUE"
  std::vector<std::string> flags;     ///< from the allow-list
  std::vector<ContractRef> provides;
  bool lists_provides = false; ///< the key is there: code and list must agree both ways
  std::vector<Want> requires_;
  std::vector<Want> host_requires; ///< host contracts
  std::vector<Word> contracts;     ///< folders with headers of contracts of others
  std::int32_t priority = 0;       ///< among providers of one version of a contract the highest is found
  std::string author, licence, description;

  SettingRules settings; ///< `config`: what the host may set

  std::vector<HookUse> hooks;
  bool lists_hooks = false; ///< the key is there: code and list must agree both ways
  // Kept and shown; what they ask for is not enforced yet.
  std::vector<std::string> permissions;
  std::map<std::string, std::uint64_t, std::less<>> limits;
  StatePolicy state = StatePolicy::kMigrate;
  std::map<std::string, StatePolicy> state_of; ///< of single kept variables, by name
  Cascade cascade = Cascade::kNone;
  TierUp tier_up = TierUp::kFastThenGood;
  bool worker = false;    ///< its sources are compiled in a process of their own
  bool exclusive = false; ///< its next version starts only when the old one has put down what it holds (`graft_suspend`)

  std::string file; ///< of the manifest; empty when there is none

  /// One of its `limits`; 0 when it has none.
  std::uint64_t limit(std::string_view key) const {
    const auto found = limits.find(key);
    return found != limits.end() ? found->second : 0;
  }

  bool operator==(const Manifest &) const = default;
};

/// Fails with kInvalid and the line and column: bad TOML, an unknown key (with the nearest known one) at any level, a wrong
/// type, a bad name, version, range, contract or flag.
Result<Manifest> parse_manifest(std::string_view text, const std::string &file);

/// What else it says, as key and values, in the order of the struct; keys without a value are left out. For people and for
/// `inspect`.
std::vector<std::pair<std::string, std::vector<std::string>>> list_facts(const Manifest &manifest);

/// Whether a name can be a bundle's: 1 to 128 of [A-Za-z0-9_.-], not starting with a dot.
bool is_bundle_name(std::string_view name);

const char *to_string(StatePolicy policy) noexcept;
const char *to_string(Cascade cascade) noexcept;
const char *to_string(TierUp way) noexcept;

} // namespace graft
