// What a bundle asks to be allowed, to be limited to, and to have done with it at a reload. Shape only; who acts on it is
// elsewhere.
#include "../hook/names.hpp"
#include "manifest_parts.hpp"
#include "text_parts.hpp"

#include <graft/base/near.hpp>

#include <limits>

namespace graft {
namespace {

constexpr std::string_view kStates[] = {"migrate", "keep", "reset"};   // in the order of StatePolicy
constexpr std::string_view kCascades[] = {"none", "atomic", "after"};  // in the order of Cascade
constexpr std::string_view kTierUps[] = {"fast-then-good", "good", "fast"}; // in the order of TierUp
constexpr std::string_view kFailures[] = {"fail_open", "fail_closed"}; // in the order of HookFailure
constexpr std::string_view kHookKeys[] = {"name", "priority", "on_failure", "error_budget", "call_ms"};
constexpr std::string_view kLimits[] = {"memory_bytes", "kv_bytes", "kv_keys",  "payload_bytes", "call_depth", "threads",
                                        "files",        "call_ms",  "drain_ms", "gate_ms",       "retired"};

/// A hook of the host's own by its whole name, or one of the proxy's by an alias.
Result<HookUse> hook_named(const Word &name) {
  if (!is_contract_name(name.text))
    return error(Code::kInvalid, "'" + one_line(name.text) + "' cannot name a hook: wanted such as 'app.save'", name.where);
  HookUse hook;
  hook.where = name.where;
  hook.name = hook_of_alias(name.text);
  if (!hook.name.empty()) return hook;
  const std::string near = nearest(name.text, hook_aliases());
  return error(Code::kInvalid,
               "there is no hook '" + name.text + "'; " +
                   (near.empty() ? "a hook of the host's own has a dot in its name, such as 'app.save'"
                                 : "did you mean '" + near + "'?"),
               name.where);
}

Result<HookUse> read_hook(const TableReader &reader) {
  constexpr std::int64_t kLargest = 1'000'000;
  GRAFT_TRY(reader.refuse_unknown_keys(kHookKeys));
  GRAFT_TRY_ASSIGN(const Word name, reader.word("name"));
  if (name.where.line == 0) return error(Code::kInvalid, "an element of 'hooks' has no 'name'", reader.place());
  GRAFT_TRY_ASSIGN(HookUse hook, hook_named(name));
  GRAFT_TRY_ASSIGN(const auto priority, reader.integer("priority", -kLargest, kLargest));
  GRAFT_TRY_ASSIGN(const auto budget, reader.integer("error_budget", 1, kLargest));
  GRAFT_TRY_ASSIGN(const auto call_ms, reader.integer("call_ms", 1, kLargest));
  GRAFT_TRY_ASSIGN(const std::size_t failure, reader.choice("on_failure", kFailures));
  if (priority) hook.priority = static_cast<std::int32_t>(*priority);
  hook.call_ms = static_cast<std::uint32_t>(call_ms.value_or(0));
  hook.error_budget = static_cast<std::uint32_t>(budget.value_or(0));
  hook.on_failure = static_cast<HookFailure>(failure);
  return hook;
}

Result<void> read_hooks(const TableReader &reader, Manifest &manifest) {
  manifest.lists_hooks = reader.has("hooks");
  GRAFT_TRY_ASSIGN(const toml::array *list, reader.list("hooks", "[{ name = \"app.save\" }]"));
  if (list == nullptr) return {};
  for (const toml::node &element : *list) {
    const toml::table *table = element.as_table();
    if (table == nullptr && !element.is_string())
      return error(Code::kInvalid,
                   std::string("an element of 'hooks' is ") + word_for(element.type()) +
                       "; wanted a name, or a table such as { name = \"app.save\" }",
                   reader.place(element));
    const auto read = [&]() -> Result<HookUse> {
      if (table != nullptr) return read_hook(TableReader(*table, reader.file(), " in an element of 'hooks'"));
      GRAFT_TRY_ASSIGN(const Word name, reader.word(element, "an element of 'hooks'"));
      return hook_named(name);
    };
    GRAFT_TRY_ASSIGN(HookUse hook, read());
    for (const HookUse &other : manifest.hooks)
      if (other.name == hook.name)
        return error(Code::kInvalid,
                     "'hooks' names '" + hook.name + "' twice; the first is in line " + std::to_string(other.where.line),
                     hook.where);
    manifest.hooks.push_back(std::move(hook));
  }
  return {};
}

/// `net`, `fs.read:/var/data`: a name, and what it is about.
Result<void> read_permissions(const TableReader &reader, Manifest &manifest) {
  GRAFT_TRY_ASSIGN(const std::vector<Word> words, reader.words("permissions"));
  for (const Word &word : words) {
    const std::string_view text = word.text;
    const std::size_t colon = text.find(':');
    if (!is_contract_name(text.substr(0, colon)) || colon + 1 == text.size())
      return error(Code::kInvalid, "'" + one_line(text) + "' is no permission; wanted such as 'net' or 'fs.read:/var/data'",
                   word.where);
    manifest.permissions.push_back(word.text);
  }
  return {};
}

Result<void> read_limits(const TableReader &reader, Manifest &manifest) {
  const toml::node *node = reader.get("limits");
  if (node == nullptr) return {};
  const toml::table *table = node->as_table();
  if (table == nullptr)
    return error(Code::kInvalid, std::string("'limits' is ") + word_for(node->type()) + "; wanted a table",
                 reader.place(*node));
  const TableReader limits(*table, reader.file(), " in 'limits'");
  GRAFT_TRY(limits.refuse_unknown_keys(kLimits));
  for (const std::string_view key : kLimits) {
    GRAFT_TRY_ASSIGN(const auto value, limits.integer(key, 1, std::numeric_limits<std::int64_t>::max()));
    if (value) manifest.limits[std::string(key)] = static_cast<std::uint64_t>(*value);
  }
  return {};
}

/// One policy for all, or a table with one per kept variable and `default`.
Result<void> read_state(const TableReader &reader, Manifest &manifest) {
  const toml::node *node = reader.get("state");
  if (node == nullptr) return {};
  const toml::table *table = node->as_table();
  if (table == nullptr) {
    GRAFT_TRY_ASSIGN(const std::size_t policy, reader.choice("state", kStates));
    manifest.state = static_cast<StatePolicy>(policy);
    return {};
  }
  const TableReader states(*table, reader.file(), " in 'state'");
  for (const auto &[key, value] : *table) {
    const std::string name(key.str());
    GRAFT_TRY_ASSIGN(const std::size_t policy, states.choice(name, kStates));
    if (name == "default")
      manifest.state = static_cast<StatePolicy>(policy);
    else
      manifest.state_of[name] = static_cast<StatePolicy>(policy);
  }
  return {};
}

} // namespace

const char *to_string(StatePolicy policy) noexcept { return kStates[static_cast<std::size_t>(policy)].data(); }
const char *to_string(Cascade cascade) noexcept { return kCascades[static_cast<std::size_t>(cascade)].data(); }
const char *to_string(TierUp way) noexcept { return kTierUps[static_cast<std::size_t>(way)].data(); }

Result<void> read_policies(const TableReader &reader, Manifest &manifest) {
  GRAFT_TRY(read_hooks(reader, manifest));
  GRAFT_TRY(read_permissions(reader, manifest));
  GRAFT_TRY(read_limits(reader, manifest));
  GRAFT_TRY(read_state(reader, manifest));
  GRAFT_TRY_ASSIGN(const std::size_t cascade, reader.choice("cascade", kCascades));
  manifest.cascade = static_cast<Cascade>(cascade);
  GRAFT_TRY_ASSIGN(const std::size_t tier_up, reader.choice("tier_up", kTierUps));
  manifest.tier_up = static_cast<TierUp>(tier_up);
  GRAFT_TRY_ASSIGN(manifest.exclusive, reader.yes_or_no("exclusive"));
  GRAFT_TRY_ASSIGN(manifest.worker, reader.yes_or_no("worker"));
  return {};
}

std::vector<std::pair<std::string, std::vector<std::string>>> list_facts(const Manifest &manifest) {
  std::vector<std::pair<std::string, std::vector<std::string>>> facts;
  const auto add = [&](const char *key, std::vector<std::string> values) {
    std::erase(values, "");
    if (!values.empty()) facts.emplace_back(key, std::move(values));
  };
  const auto texts = [](const auto &list, const auto &text_of) {
    std::vector<std::string> values;
    for (const auto &one : list) values.push_back(text_of(one));
    return values;
  };
  const auto text_of_word = [](const Word &word) { return word.text; };
  const auto text_of_want = [](const Want &want) {
    return to_string(want) + (want.need == Need::kMay ? " (optional)" : "");
  };
  add("description", {manifest.description});
  add("author", {manifest.author});
  add("licence", {manifest.licence});
  add("loader", {manifest.loader.text});
  add("standard", manifest.standards);
  add("includes", texts(manifest.includes, text_of_word));
  add("defines", manifest.defines);
  add("flags", manifest.flags);
  add("host_requires", texts(manifest.host_requires, text_of_want));
  add("contracts", texts(manifest.contracts, text_of_word));
  if (manifest.priority != 0) add("priority", {std::to_string(manifest.priority)});
  add("hooks", texts(manifest.hooks, [](const HookUse &hook) {
        return hook.name + (hook.priority ? " priority " + std::to_string(*hook.priority) : "") + " " +
               std::string(kFailures[static_cast<std::size_t>(hook.on_failure)]) +
               (hook.error_budget != 0 ? " error_budget " + std::to_string(hook.error_budget) : "");
      }));
  add("permissions", manifest.permissions);
  add("config", texts(manifest.settings, [](const SettingRule &rule) {
        return rule.name + " " + to_string(rule.type) + (rule.need == SettingNeed::kRequired ? " (required)" : "");
      }));
  add("limits", texts(manifest.limits, [](const auto &limit) { return limit.first + " " + std::to_string(limit.second); }));
  if (manifest.state != StatePolicy::kMigrate) add("state", {to_string(manifest.state)});
  for (const auto &[name, policy] : manifest.state_of) add("state", {name + " " + to_string(policy)});
  if (manifest.cascade != Cascade::kNone) add("cascade", {to_string(manifest.cascade)});
  if (manifest.tier_up != TierUp::kFastThenGood) add("tier_up", {to_string(manifest.tier_up)});
  if (manifest.exclusive) add("exclusive", {"true"});
  if (manifest.worker) add("worker", {"true"});
  return facts;
}

} // namespace graft
