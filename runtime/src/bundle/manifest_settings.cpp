// `config` in a manifest: which settings a bundle has, and what each may be.
#include "manifest_parts.hpp"
#include "text_parts.hpp"

#include <cmath>
#include <utility>

namespace graft {
namespace {

constexpr std::string_view kKeys[] = {"type", "default", "min", "max", "required", "choices", "description"};
constexpr std::string_view kTypes[] = {"flag", "integer", "real", "text"}; // in the order of SettingType

Result<SettingValue> read_default(const TableReader &reader, const toml::node &node) {
  if (const auto *flag = node.as_boolean()) return SettingValue(flag->get());
  if (const auto *integer = node.as_integer()) return SettingValue(integer->get());
  if (const auto *real = node.as_floating_point()) return SettingValue(real->get());
  if (const auto *text = node.as_string()) return SettingValue(text->get());
  return error(Code::kInvalid, std::string("'default' is ") + word_for(node.type()) + "; wanted a flag, a number or a text",
               reader.place(node));
}

Result<std::optional<SettingValue>> read_bound(const TableReader &reader, std::string_view key) {
  const toml::node *node = reader.get(key);
  if (node == nullptr) return std::optional<SettingValue>();
  if (const auto *integer = node->as_integer()) return std::optional(SettingValue(integer->get()));
  if (const auto *real = node->as_floating_point(); real != nullptr && !std::isnan(real->get()))
    return std::optional(SettingValue(real->get()));
  return error(Code::kInvalid,
               "'" + std::string(key) + "' is " + (node->is_floating_point() ? "nan" : word_for(node->type())) +
                   "; wanted a number",
               reader.place(*node));
}

Result<SettingRule> read_setting(const TableReader &reader, std::string name) {
  GRAFT_TRY(reader.refuse_unknown_keys(kKeys));
  SettingRule rule;
  rule.name = std::move(name);
  if (!reader.has("type"))
    return error(Code::kInvalid, "setting '" + rule.name + "' has no 'type'; wanted is one of " + quoted_words(kTypes),
                 reader.place());
  GRAFT_TRY_ASSIGN(const std::size_t type, reader.choice("type", kTypes));
  rule.type = static_cast<SettingType>(type);
  if (const toml::node *node = reader.get("default")) {
    GRAFT_TRY_ASSIGN(rule.fallback, read_default(reader, *node));
  }
  GRAFT_TRY_ASSIGN(rule.min, read_bound(reader, "min"));
  GRAFT_TRY_ASSIGN(rule.max, read_bound(reader, "max"));
  GRAFT_TRY_ASSIGN(const bool is_required, reader.yes_or_no("required"));
  rule.need = is_required ? SettingNeed::kRequired : SettingNeed::kOptional;
  GRAFT_TRY_ASSIGN(const std::vector<Word> choices, reader.words("choices"));
  for (const Word &word : choices) rule.choices.push_back(word.text);
  GRAFT_TRY_ASSIGN(Word description, reader.word("description"));
  rule.description = std::move(description.text);
  if (const auto checked = check_rule(rule); !checked)
    return error(Code::kInvalid, "setting '" + rule.name + "' " + checked.error().message, reader.place());
  return rule;
}

} // namespace

Result<SettingRules> read_settings(const TableReader &reader) {
  const toml::node *node = reader.get("config");
  if (node == nullptr) return SettingRules();
  const toml::table *table = node->as_table();
  if (table == nullptr)
    return error(Code::kInvalid, std::string("'config' is ") + word_for(node->type()) + "; wanted a table",
                 reader.place(*node));
  SettingRules rules;
  for (const auto &[key, value] : *table) {
    std::string name = one_line(key.str());
    const toml::table *setting = value.as_table();
    if (setting == nullptr)
      return error(Code::kInvalid,
                   "setting '" + name + "' is " + word_for(value.type()) +
                       "; wanted a table, such as { type = \"integer\" }",
                   reader.place(value));
    const std::string inside = " in 'config." + name + "'";
    GRAFT_TRY_ASSIGN(SettingRule rule, read_setting(TableReader(*setting, reader.file(), inside), std::move(name)));
    rules.push_back(std::move(rule));
  }
  return rules;
}

} // namespace graft
