// See serve_protocol.hpp. What a client sends is never trusted: every kind is looked at before it is used.
#include "serve_protocol.hpp"

#include "json.hpp"

#include <graft/inspect.hpp>

#include <unistd.h>

#include <algorithm>

namespace graft {
namespace {

constexpr int kProtocol = 1;

Json head(const std::string &id) {
  Json json = {{"graft", kProtocol}};
  if (!id.empty()) json["id"] = Json::parse(id, nullptr, /*allow_exceptions=*/false);
  return json;
}

std::string refuse(const std::string &id, const Error &error) {
  Json json = head(id);
  json["ok"] = false;
  json["error"] = json_of(error);
  return line_of(json);
}

std::string accept(const std::string &id, Json result) {
  Json json = head(id);
  json["ok"] = true;
  json["result"] = std::move(result);
  return line_of(json);
}

bool is_names(const Json &json) {
  return json.is_array() && std::ranges::all_of(json, [](const Json &name) { return name.is_string(); });
}

Result<Request> read_request(const Json &json, Request request) {
  const auto version = json.find("graft");
  if (version == json.end() || !version->is_number_integer() || version->get<std::int64_t>() != kProtocol)
    return error(Code::kUnsupported, "this host speaks protocol 1; say \"graft\":1 in each request");
  const auto verb = json.find("do");
  const std::string word = verb != json.end() && verb->is_string() ? verb->get<std::string>() : "";
  using Verb = Request::Verb;
  request.verb = word == "ps"          ? Verb::kPs
                 : word == "plan"      ? Verb::kPlan
                 : word == "reload"    ? Verb::kReload
                 : word == "rollback"  ? Verb::kRollback
                 : word == "unload"    ? Verb::kUnload
                 : word == "subscribe" ? Verb::kSubscribe
                                       : Verb::kNone;
  if (request.verb == Verb::kNone)
    return error(Code::kUnsupported,
                 "\"do\" is one of ps, plan, reload, rollback, unload, subscribe; '" + word + "' was asked for");
  if (const auto bundles = json.find("bundles"); bundles != json.end()) {
    if (!is_names(*bundles)) return error(Code::kInvalid, "\"bundles\" is a list of names");
    for (const Json &name : *bundles) request.bundles.push_back(name.get<std::string>());
  }
  if (const auto force = json.find("force"); force != json.end()) {
    if (!force->is_boolean()) return error(Code::kInvalid, "\"force\" is true or false");
    request.force = force->get<bool>() ? Force::kYes : Force::kNo;
  }
  if (const auto holders = json.find("holders"); holders != json.end()) {
    if (!holders->is_boolean()) return error(Code::kInvalid, "\"holders\" is true or false");
    request.wants_holders = holders->get<bool>() && request.verb == Verb::kPs;
  }
  if (const auto steps = json.find("steps"); steps != json.end()) {
    if (!steps->is_number_unsigned()) return error(Code::kInvalid, "\"steps\" is a number of reloads to go back");
    request.steps = steps->get<std::size_t>();
  }
  if (request.verb == Verb::kUnload && request.bundles.empty())
    return error(Code::kInvalid, "unload needs \"bundles\", a list of names");
  if (request.verb == Verb::kRollback && request.bundles.size() != 1)
    return error(Code::kInvalid, "rollback needs \"bundles\", a list of one name");
  return request;
}

/// Those that were asked for; without any, all that came from files.
Result<std::vector<std::string>> bundles_asked(const Runtime &runtime, const Request &request) {
  std::vector<std::string> names = request.bundles;
  if (names.empty())
    for (const BundleInfo &bundle : runtime.bundles())
      if (!bundle.path.empty()) names.push_back(bundle.name);
  if (names.empty()) return error(Code::kNotFound, "no bundle from a file is loaded");
  return names;
}

Result<Json> plan(const Runtime &runtime, const Request &request) {
  Json plans = Json::array();
  GRAFT_TRY_ASSIGN(const std::vector<std::string> names, bundles_asked(runtime, request));
  for (const std::string &name : names) {
    GRAFT_TRY_ASSIGN(const ReloadPlan plan, runtime.plan(name));
    plans.push_back(json_of(plan));
  }
  return Json{{"plans", std::move(plans)}};
}

Result<Json> reload(Runtime &runtime, const Request &request) {
  GRAFT_TRY_ASSIGN(const std::vector<std::string> names, bundles_asked(runtime, request));
  StepTimes times;
  GRAFT_TRY_ASSIGN(const std::vector<BundleInfo> bundles, runtime.reload(names, {request.force, &times}));
  return Json{{"bundles", json_of(bundles)}, {"times_ns", json_of(times)}};
}

Result<Json> rollback(Runtime &runtime, const Request &request) {
  StepTimes times;
  GRAFT_TRY_ASSIGN(const BundleInfo bundle,
                   runtime.rollback(request.bundles.front(), request.steps, {request.force, &times}));
  return Json{{"bundles", json_of(std::vector{bundle})}, {"times_ns", json_of(times)}};
}

Result<Json> unload(Runtime &runtime, const Request &request) {
  for (const std::string &name : request.bundles) GRAFT_TRY(runtime.unload(name));
  return Json{{"unloaded", request.bundles}};
}

Json ps(const Runtime &runtime, const Request &request) {
  Json json = {{"pid", ::getpid()}, {"version", version_text()}, {"bundles", json_of(runtime.bundles())}};
  if (Json parts = json_of(runtime.hook_parts()); !parts.empty()) json["hooks"] = std::move(parts);
  if (Json failed = json_of_failed(runtime.statuses()); !failed.empty()) json["failed"] = std::move(failed);
  if (request.wants_holders) json["holders"] = json_of(runtime.holders({}, AskThreads::kYes));
  return json;
}

Result<Json> perform(Runtime &runtime, const Request &request) {
  switch (request.verb) {
  case Request::Verb::kPs:
    return ps(runtime, request);
  case Request::Verb::kPlan:
    return plan(runtime, request);
  case Request::Verb::kReload:
    return reload(runtime, request);
  case Request::Verb::kRollback:
    return rollback(runtime, request);
  case Request::Verb::kUnload:
    return unload(runtime, request);
  case Request::Verb::kSubscribe:
    return Json{{"subscribed", true}};
  case Request::Verb::kNone:
    break;
  }
  return error(Code::kInternal, "a request without a verb");
}

} // namespace

Request parse_request(std::string_view line) {
  Request request;
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    request.refusal = refuse("", error(Code::kInvalid, "a request is one JSON object a line"));
    return request;
  }
  if (const auto id = json.find("id"); id != json.end() && (id->is_string() || id->is_number())) request.id = line_of(*id);
  auto read = read_request(json, request);
  if (read) return *std::move(read);
  request.refusal = refuse(request.id, read.error());
  return request;
}

std::string answer(Runtime &runtime, const Request &request) {
  auto result = perform(runtime, request);
  return result ? accept(request.id, *std::move(result)) : refuse(request.id, result.error());
}

std::string refusal_line(const Error &error) { return refuse("", error); }

std::string event_line(const Event &event) {
  Json json = {{"graft", kProtocol},
               {"event", to_string(event.phase)},
               {"bundle", event.bundle},
               {"generation", event.generation},
               {"source", short_text(event.source)}};
  if (event.error != nullptr) json["error"] = json_of(*event.error);
  if (event.compiled != nullptr) json.update(json_of(*event.compiled));
  return line_of(json);
}

} // namespace graft
