// A bundle's settings: what its manifest declares under `config`, and what the host gives.
//
//     [config.threshold]          runtime->set_settings("governor", {{"threshold", 20}});
//     type = "integer"            // live: no reload; the plugin's next look sees it
//     default = 10
//     min = 1
//
// What does not fit the declaration is refused as a whole, and what was there stays.
#pragma once

#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace graft {

/// A flag, an integer, a real number or a text. The order is that of SettingType.
class SettingValue : public std::variant<bool, std::int64_t, double, std::string> {
 public:
  using variant::variant;
  SettingValue(const char *text) : variant(std::string(text)) {}
  SettingValue(int number) : variant(std::int64_t{number}) {}
};
using Settings = std::map<std::string, SettingValue, std::less<>>;

enum class SettingType : std::uint8_t { kFlag, kInteger, kReal, kText };
enum class SettingNeed : std::uint8_t { kOptional, kRequired };

/// "flag", "integer", "real", "text".
GRAFT_API const char *to_string(SettingType type) noexcept;

/// What one setting may be.
struct SettingRule {
  std::string name;
  SettingType type = SettingType::kText;
  SettingNeed need = SettingNeed::kOptional; ///< kRequired: the host must give it, or the rule a default
  std::optional<SettingValue> fallback{};    ///< `default` in a manifest
  std::optional<SettingValue> min{}; ///< a number, whole or real, compared exactly; of a text, how long it is in bytes
  std::optional<SettingValue> max{};
  std::vector<std::string> choices{}; ///< of a text; empty: any
  std::string description{};

  bool operator==(const SettingRule &) const = default;
};

using SettingRules = std::vector<SettingRule>;

/// `given` with what the rules add. kInvalid, with the bundle's name: an unknown name (and the nearest known one), another
/// type, out of range, none of the choices, or a required one that is missing. An integer does for a real number.
GRAFT_API Result<Settings> complete_settings(const SettingRules &rules, const Settings &given, std::string_view bundle);

/// Whether a rule makes sense in itself: a default that it allows, a range that is not empty and not of a flag.
GRAFT_API Result<void> check_rule(const SettingRule &rule);

} // namespace graft
