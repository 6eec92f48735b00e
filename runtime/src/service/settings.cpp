// Do values fit their rules?
#include <graft/base/near.hpp>
#include <graft/settings.hpp>

#include <algorithm>
#include <cmath>
#include <compare>
#include <utility>

namespace graft {
namespace {

constexpr const char *kTypes[] = {"flag", "integer", "real", "text"}; // in the order of SettingType
constexpr const char *kWanted[] = {"a flag", "an integer", "a real number", "a text"};

/// What it is known to hold. (`std::get` would throw for another.)
template <class T>
const T &as(const SettingValue &value) {
  return *std::get_if<T>(&value);
}

SettingType type_of(const SettingValue &value) { return static_cast<SettingType>(value.index()); }

std::string text_of(double number) {
  std::string text = std::to_string(number);
  if (text.find('.') != text.npos) text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string text_of(const SettingValue &value) {
  switch (type_of(value)) {
  case SettingType::kFlag:
    return as<bool>(value) ? "true" : "false";
  case SettingType::kInteger:
    return std::to_string(as<std::int64_t>(value));
  case SettingType::kReal:
    return text_of(as<double>(value));
  case SettingType::kText:
    return "'" + as<std::string>(value).substr(0, 64) + "'";
  }
  std::unreachable();
}

std::string list_of(const std::vector<std::string> &words) {
  std::string list;
  for (const std::string &word : words) list += (list.empty() ? "'" : ", '") + word + "'";
  return list;
}

/// What a range is held against: a number; of a text its size.
SettingValue extent_of(const SettingValue &value) {
  if (type_of(value) == SettingType::kText) return static_cast<std::int64_t>(as<std::string>(value).size());
  return value;
}

bool is_number(const SettingValue &value) {
  return type_of(value) == SettingType::kInteger || type_of(value) == SettingType::kReal;
}

std::partial_ordering order(double left, std::int64_t right) {
  constexpr double kPast = 0x1p63; // every 64-bit integer is below it
  if (std::isnan(left)) return std::partial_ordering::unordered;
  if (left >= kPast) return std::partial_ordering::greater;
  if (left < -kPast) return std::partial_ordering::less;
  const double whole = std::floor(left);
  const auto order = static_cast<std::int64_t>(whole) <=> right;
  return order == 0 && left > whole ? std::partial_ordering::greater : order;
}

/// Of two numbers, exactly: an integer need not be one that a real number can be.
std::partial_ordering order(const SettingValue &left, const SettingValue &right) {
  const auto *const integer = std::get_if<std::int64_t>(&left), *const other = std::get_if<std::int64_t>(&right);
  if (integer != nullptr && other != nullptr) return *integer <=> *other;
  if (other != nullptr) return order(as<double>(left), *other);
  if (integer == nullptr) return as<double>(left) <=> as<double>(right);
  const std::partial_ordering turned = order(as<double>(right), *integer);
  return turned == std::partial_ordering::less      ? std::partial_ordering::greater
         : turned == std::partial_ordering::greater ? std::partial_ordering::less
                                                    : turned;
}

Result<SettingValue> fit(const SettingRule &rule, SettingValue value) {
  if (rule.type == SettingType::kReal && type_of(value) == SettingType::kInteger)
    value = static_cast<double>(as<std::int64_t>(value));
  if (type_of(value) != rule.type)
    return error(Code::kInvalid, std::string("is the ") + to_string(type_of(value)) + " " + text_of(value) + "; wanted is " +
                                     kWanted[static_cast<std::size_t>(rule.type)]);
  const SettingValue extent = extent_of(value);
  if (const auto *real = std::get_if<double>(&extent); real != nullptr && std::isnan(*real))
    return error(Code::kInvalid, "is no number");
  const bool is_text = rule.type == SettingType::kText;
  const std::string what = is_text ? text_of(value) + ", " + text_of(extent) + " bytes long" : text_of(value);
  if (rule.min && order(extent, *rule.min) < 0)
    return error(Code::kInvalid, "is " + what + "; at least " + text_of(*rule.min) + " is wanted");
  if (rule.max && order(extent, *rule.max) > 0)
    return error(Code::kInvalid, "is " + what + "; at most " + text_of(*rule.max) + " is wanted");
  if (!rule.choices.empty() && std::ranges::find(rule.choices, as<std::string>(value)) == rule.choices.end())
    return error(Code::kInvalid, "is " + what + "; wanted is one of " + list_of(rule.choices));
  return value;
}

Error about(std::string_view bundle, const std::string &setting, Error error) {
  error.message = "setting '" + setting + "' of bundle '" + std::string(bundle) + "' " + error.message;
  return error;
}

Result<void> refuse_unknown(const SettingRules &rules, const Settings &given, std::string_view bundle) {
  std::vector<std::string> names;
  for (const SettingRule &rule : rules) names.push_back(rule.name);
  for (const auto &[name, value] : given) {
    if (std::ranges::find(names, name) != names.end()) continue;
    const std::string near = nearest(name, names);
    std::string sentence = rules.empty() ? "is not known: the bundle declares none" : "is not known";
    if (!near.empty()) sentence += "; did you mean '" + near + "'?";
    return about(bundle, name.substr(0, 64), error(Code::kInvalid, std::move(sentence)));
  }
  return {};
}

} // namespace

const char *to_string(SettingType type) noexcept { return kTypes[static_cast<std::size_t>(type)]; }

Result<Settings> complete_settings(const SettingRules &rules, const Settings &given, std::string_view bundle) {
  GRAFT_TRY(refuse_unknown(rules, given, bundle));
  Settings complete;
  for (const SettingRule &rule : rules) {
    const auto found = given.find(rule.name);
    if (found == given.end() && !rule.fallback) {
      if (rule.need == SettingNeed::kOptional) continue;
      return about(bundle, rule.name,
                   error(Code::kInvalid, std::string("is required and was not given; wanted is ") +
                                             kWanted[static_cast<std::size_t>(rule.type)]));
    }
    auto value = fit(rule, found != given.end() ? found->second : *rule.fallback);
    if (!value) return about(bundle, rule.name, std::move(value).error());
    complete.emplace(rule.name, *std::move(value));
  }
  return complete;
}

Result<void> check_rule(const SettingRule &rule) {
  if (rule.type == SettingType::kFlag && (rule.min || rule.max))
    return error(Code::kInvalid, "is a flag and has a range; drop 'min' and 'max'");
  for (const auto *bound : {&rule.min, &rule.max})
    if (*bound && (!is_number(**bound) || order(**bound, **bound) != 0))
      return error(Code::kInvalid, "has the bound " + text_of(**bound) + "; wanted is a number");
  if (rule.min && rule.max && order(*rule.min, *rule.max) > 0)
    return error(Code::kInvalid,
                 "is at least " + text_of(*rule.min) + " and at most " + text_of(*rule.max) + ", which nothing is");
  if (!rule.choices.empty() && rule.type != SettingType::kText)
    return error(Code::kInvalid, std::string("is a ") + to_string(rule.type) + " with 'choices', which only a text has");
  if (!rule.fallback) return {};
  auto value = fit(rule, *rule.fallback);
  if (!value) return error(Code::kInvalid, "has a default that " + value.error().message);
  return {};
}

} // namespace graft
