// One function per kind of fact.
#include "json.hpp"

namespace graft {
namespace {

Json json_of(const SourcePos &where) {
  Json json = {{"file", where.file}};
  if (where.line != 0) json["line"] = where.line;
  if (where.column != 0) json["column"] = where.column;
  return json;
}

Json json_of(const Diagnostic &diagnostic) {
  Json json = {{"severity", to_string(diagnostic.severity)}, {"message", diagnostic.message}};
  if (!diagnostic.where.file.empty()) json.update(json_of(diagnostic.where));
  if (!diagnostic.option.empty()) json["option"] = diagnostic.option;
  if (!diagnostic.snippet.empty()) json["snippet"] = diagnostic.snippet;
  if (diagnostic.caret_begin != 0)
    json.update({{"caret_begin", diagnostic.caret_begin}, {"caret_end", diagnostic.caret_end}});
  for (const FixIt &fixit : diagnostic.fixits)
    json["fixits"].push_back(
        {{"begin", json_of(fixit.begin)}, {"end", json_of(fixit.end)}, {"replacement", fixit.replacement}});
  for (const Diagnostic &note : diagnostic.notes) json["notes"].push_back(json_of(note));
  return json;
}

} // namespace

Json json_of(const Error &error) {
  Json json = {{"code", to_string(error.code)}, {"message", error.message}};
  if (!error.where.file.empty()) json["where"] = json_of(error.where);
  for (const Diagnostic &diagnostic : error.diagnostics) json["diagnostics"].push_back(json_of(diagnostic));
  return json;
}

Json json_of(const BundleInfo &bundle) {
  Json json = {{"name", bundle.name},
               {"version", bundle.version},
               {"state", to_string(bundle.state)},
               {"path", bundle.path},
               {"generation", bundle.generation},
               {"source", short_text(bundle.source)},
               {"provides", bundle.provides},
               {"requires", bundle.requires_},
               {"permissions", bundle.permissions},
               {"origin", to_string(bundle.origin)},
               {"tier", bundle.tier},
               {"plan", bundle.plan},
               {"retired", bundle.retired},
               {"instances", bundle.instances},
               {"warnings", Json::array()}};
  for (const Diagnostic &warning : bundle.warnings) json["warnings"].push_back(json_of(warning));
  return json;
}

Json json_of(const std::vector<BundleInfo> &bundles) {
  Json json = Json::array();
  for (const BundleInfo &bundle : bundles) json.push_back(json_of(bundle));
  return json;
}

static const char *word_of(Holder::Kind kind) {
  switch (kind) {
  case Holder::Kind::kCall:
    return "call";
  case Holder::Kind::kThread:
    return "thread";
  case Holder::Kind::kKeptObject:
    return "kept object";
  case Holder::Kind::kEnding:
    return "ending";
  }
  return "unknown";
}

Json json_of(const std::vector<Holder> &holders) {
  Json json = Json::array();
  for (const Holder &holder : holders) {
    Json one = {{"kind", word_of(holder.kind)},
                {"bundle", holder.bundle},
                {"generation", holder.generation},
                {"since_ms", holder.since.count()},
                {"text", to_string(holder)}};
    if (holder.thread != 0) one.update({{"thread", holder.thread}, {"thread_name", holder.thread_name}});
    if (!holder.function.empty()) one["function"] = holder.function;
    if (!holder.object.empty()) one["object"] = holder.object;
    json.push_back(std::move(one));
  }
  return json;
}

Json json_of(const std::vector<HookPart> &parts) {
  Json json = Json::array();
  for (const HookPart &part : parts) {
    Json failures = Json::object();
    for (std::size_t kind = 0; kind < kCallFailures; ++kind)
      if (part.failures[kind] != 0) failures[to_string(static_cast<CallFailure>(kind))] = part.failures[kind];
    json.push_back({{"hook", part.hook},
                    {"bundle", part.bundle},
                    {"priority", part.priority},
                    {"on_failure", part.on_failure == HookFailure::kFailClosed ? "fail_closed" : "fail_open"},
                    {"error_budget", part.error_budget},
                    {"call_ms", part.call_limit.count()},
                    {"chain", part.chain},
                    {"calls", part.calls()},
                    {"p50_ns", part.latency.quantile(0.5)},
                    {"p99_ns", part.latency.quantile(0.99)},
                    {"max_ns", part.latency.max()},
                    {"failures", std::move(failures)}});
  }
  return json;
}

Json json_of_failed(const std::vector<BundleStatus> &statuses) {
  Json json = Json::array();
  for (const BundleStatus &status : statuses)
    if (status.state == BundleState::kFailed) json.push_back({{"name", status.name}, {"error", status.error}});
  return json;
}

Json json_of(const ReloadPlan &plan) {
  Json items = Json::array();
  for (const PlanItem &item : plan.items)
    items.push_back(
        {{"fate", to_string(item.fate)}, {"path", item.path}, {"was", item.was}, {"is", item.is}, {"how", item.how}});
  return {{"bundle", plan.bundle}, {"kind", to_string(plan.kind)}, {"items", std::move(items)}, {"text", to_string(plan)}};
}

Json json_of(const StepTimes &times) {
  const CompileTimes &stages = times.stages;
  return {{"read", times.read_ns},
          {"compile", times.compile_ns},
          {"cache", times.cache_ns},
          {"stages",
           {{"preamble", stages.preamble_ns},
            {"parse", stages.parse_ns()},
            {"instantiate", stages.instantiate_ns},
            {"lower", stages.lower_ns},
            {"optimise", stages.optimise_ns},
            {"emit", stages.emit_ns}}},
          {"files", times.files},
          {"compiled", times.compiled},
          {"link", times.link_ns},
          {"verify", times.verify_ns},
          {"initialise", times.initialise_ns},
          {"migrate", times.migrate_ns},
          {"publish", times.publish_ns}};
}

Json json_of(const CompiledFile &file) {
  Json json = {{"file", file.source}, {"done", file.done}, {"total", file.total}, {"diagnostics", Json::array()}};
  for (const Diagnostic &diagnostic : file.diagnostics) json["diagnostics"].push_back(json_of(diagnostic));
  return json;
}

std::string line_of(const Json &json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string to_json(const Diagnostic &diagnostic) { return line_of(json_of(diagnostic)); }
std::string to_json(const Error &error) { return line_of(json_of(error)); }
std::string to_json(const BundleInfo &bundle) { return line_of(json_of(bundle)); }
std::string to_json(const StepTimes &times) { return line_of(json_of(times)); }
std::string to_json(const CompiledFile &file) { return line_of(json_of(file)); }
std::string to_json(const ReloadPlan &plan) { return line_of(json_of(plan)); }

} // namespace graft
