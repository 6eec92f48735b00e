// Puts columns that not everybody may see behind a function, as the rules in the store say. What it cannot read it refuses.
#include "json_reader.hpp"
#include "kv_view.hpp"
#include "mask.hpp"

#include <graft/proxy/pre_query.h>

static graft_service service = {};

extern "C" graft_status graft_init(const graft_host *host, const graft_init_context *) {
  return GRAFT_SERVICE(host, graft_kv, &service);
}

/// `[{"table":..,"column":..,"mask_function":..,"unmask_role":..}, ..]`
static bool read_rules(std::string_view text, std::vector<mask::Rule> &rules) {
  json::Reader reader(text);
  const auto rule = [&] {
    mask::Rule one;
    const auto member = [&](std::string_view key) {
      if (key == "table") return reader.text(one.table);
      if (key == "column") return reader.text(one.column);
      if (key == "mask_function") return reader.text(one.function);
      return key == "unmask_role" && reader.text(one.unmask_role);
    };
    if (!reader.object(member) || one.table.empty() || one.column.empty() || one.function.empty()) return false;
    rules.push_back(std::move(one));
    return true;
  };
  return reader.array(rule) && reader.ends();
}

/// `["id", "name"]`
static bool read_names(std::string_view text, std::vector<std::string> &names) {
  json::Reader reader(text);
  return reader.array([&] { return reader.text(names.emplace_back()); }) && reader.ends();
}

static bool has_role(const graft_hook_context *context, const proxy_query *query, std::string_view role) {
  if (role.empty()) return false;
  if (query->identity != nullptr)
    for (std::uint32_t i = 0; i < query->identity->role_count; ++i)
      if (store::view(query->identity->roles[i]) == role) return true;
  for (std::string_view rest = store::attribute(context, "identity.roles"); !rest.empty();) {
    const std::size_t comma = rest.find(',');
    if (rest.substr(0, comma) == role) return true;
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
  }
  return false;
}

static graft_status block(graft_hook_context *context, std::string_view why, proxy_pre_query_decision *decision) {
  const std::string reason = "column-mask: " + std::string(why);
  decision->action = PROXY_PRE_QUERY_BLOCK;
  decision->reason = store::keep(context, reason);
  return decision->reason.size == reason.size() ? GRAFT_OK : GRAFT_EXHAUSTED;
}

static graft_status run(graft_hook_context *context, proxy_query *query, proxy_pre_query_decision *decision) {
  const store::Kv kv(service);
  std::string text;
  const graft_status found = kv.get("rules", text);
  if (found == GRAFT_NOT_FOUND) return GRAFT_OK;
  if (found != GRAFT_OK) return found;
  std::vector<mask::Rule> rules;
  if (!read_rules(text, rules)) return block(context, "the rules cannot be read", decision);
  std::erase_if(rules, [&](const mask::Rule &rule) { return has_role(context, query, rule.unmask_role); });
  if (rules.empty()) return GRAFT_OK;
  std::vector<mask::Columns> columns; // of tables whose rows may be spelled out: "columns:users"
  for (const mask::Rule &rule : rules) {
    if (kv.get("columns:" + rule.table, text) != GRAFT_OK) continue;
    if (!read_names(text, columns.emplace_back(mask::Columns{rule.table, {}}).names))
      return block(context, "the columns of a table cannot be read", decision);
  }
  const mask::Outcome outcome = mask::apply(store::view(query->query), rules, columns);
  if (outcome.what == mask::Outcome::What::kUnchanged) return GRAFT_OK;
  if (outcome.what == mask::Outcome::What::kRefused) return block(context, outcome.text, decision);
  query->query = store::keep(context, outcome.text);
  decision->action = PROXY_PRE_QUERY_REWRITE;
  return query->query.size == outcome.text.size() ? GRAFT_OK : GRAFT_EXHAUSTED;
}

GRAFT_PROVIDE(pre_query, {.run = run});
