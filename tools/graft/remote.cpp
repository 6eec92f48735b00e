// `graft ps`, `reload`, `unload`: ask a host that serves.
#include "command.hpp"
#include "json.hpp"
#include "output.hpp"
#include "usage.hpp"

#include <graft/serve.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

namespace graft::tool {
namespace {

struct RemoteOptions {
  int pid = 0;
  std::string socket;
  std::vector<std::string> bundles;
  bool force = false;
  bool plan = false;
  std::size_t steps = 1;
  bool holders = false;
  Format format = Format::kText;
};

/// The hosts that are meant: one by socket or pid, else all.
Result<std::vector<ServedHost>> hosts_of(const RemoteOptions &options) {
  if (!options.socket.empty()) return std::vector{ServedHost{options.pid, options.socket}};
  GRAFT_TRY_ASSIGN(std::vector<ServedHost> hosts, served_hosts());
  if (options.pid != 0) std::erase_if(hosts, [&](const ServedHost &host) { return host.pid != options.pid; });
  if (hosts.empty() && options.pid != 0)
    return error(Code::kNotFound, fmt::format("process {} does not serve; 'graft ps' lists those that do", options.pid));
  return hosts;
}

Result<ServedHost> one_host(const RemoteOptions &options) {
  GRAFT_TRY_ASSIGN(const std::vector<ServedHost> hosts, hosts_of(options));
  if (hosts.empty())
    return error(Code::kNotFound,
                 "no host of this user serves; start one with 'graft watch --serve' or call Runtime::serve");
  if (hosts.size() == 1) return hosts.front();
  std::vector<std::string> names;
  for (const ServedHost &host : hosts) names.push_back(fmt::format("{} ({})", host.pid, host.socket));
  return error(Code::kConflict,
               fmt::format("{} hosts serve: {}; say which with --pid or --socket", hosts.size(), fmt::join(names, ", ")));
}

Result<Json> ask_host(const ServedHost &host, const Json &request) {
  GRAFT_TRY_ASSIGN(const std::string line, ask(host.socket, request.dump(-1, ' ', false, Json::error_handler_t::replace)));
  Json answer = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object() || !answer.contains("ok"))
    return error(Code::kInternal, fmt::format("the host at '{}' does not speak graft's protocol", host.socket));
  return answer;
}

void print_bundle(const Json &bundle) {
  fmt::print("  {} {}: generation {}, source {}", bundle.value("name", ""), bundle.value("version", ""),
             bundle.value("generation", std::uint64_t{0}), bundle.value("source", ""));
  if (const auto state = bundle.value("state", "running"); state != "running") fmt::print(", {}", state);
  if (const auto tier = bundle.value("tier", ""); !tier.empty()) fmt::print(", {}", tier);
  if (const auto instances = bundle.value("instances", std::uint64_t{0}); instances != 0) fmt::print(", {} instances", instances);
  if (const auto retired = bundle.value("retired", std::uint64_t{0}); retired != 0) fmt::print(", {} retired", retired);
  if (const auto origin = bundle.value("origin", ""); origin.starts_with("cached")) fmt::print(", {}", origin);
  fmt::print("{}\n", bundle.value("path", "").empty() ? "" : ", " + shorten(bundle.value("path", "")));
}

/// "  in proxy.route: b, priority 5, 120 calls, 2 failed, fused".
void print_part(const Json &part) {
  std::uint64_t failed = 0;
  for (const Json &count : part.value("failures", Json::object())) failed += count.get<std::uint64_t>();
  const auto chain = part.value("chain", "");
  fmt::print("  in {}: {}, priority {}, {} calls{}{}\n", part.value("hook", ""), part.value("bundle", ""),
             part.value("priority", 0), part.value("calls", std::uint64_t{0}),
             failed != 0 ? fmt::format(", {} failed", failed) : "", chain.empty() ? "" : ", " + chain);
}

int ps(const RemoteOptions &options) {
  const auto hosts = hosts_of(options);
  if (!hosts) return fail(hosts.error(), options.format);
  Json all = Json::array();
  for (const ServedHost &host : *hosts) {
    const auto answer = ask_host(host, {{"graft", 1}, {"do", "ps"}, {"holders", options.holders}});
    if (!answer) return fail(answer.error(), options.format);
    Json result = answer->value("result", Json::object());
    result["socket"] = host.socket;
    all.push_back(result);
    if (options.format == Format::kJson) continue;
    fmt::print("{} {} at {}\n", result.value("pid", 0), result.value("version", ""), host.socket);
    for (const Json &bundle : result.value("bundles", Json::array())) print_bundle(bundle);
    for (const Json &part : result.value("hooks", Json::array())) print_part(part);
    for (const Json &failed : result.value("failed", Json::array()))
      fmt::print("  {}: failed, {}\n", failed.value("name", ""), failed.value("error", ""));
    for (const Json &holder : result.value("holders", Json::array())) fmt::print("  held: {}\n", holder.value("text", ""));
  }
  if (options.format == Format::kJson)
    print_json(all);
  else if (hosts->empty())
    fmt::print(stderr, "no host of this user serves\n");
  return kDone;
}

/// A name as it is; a path as the host, which runs elsewhere, understands it.
std::vector<std::string> named(std::vector<std::string> bundles) {
  for (std::string &bundle : bundles)
    if (bundle.find('/') != bundle.npos) bundle = std::filesystem::absolute(bundle).lexically_normal().string();
  return bundles;
}

/// Sends one request and shows its answer. What is unchanged is done.
int request(const RemoteOptions &options, Json words) {
  const auto host = one_host(options);
  if (!host) return fail(host.error(), options.format);
  words["graft"] = 1;
  const std::string done = words.value("do", "") == "rollback" ? "rolled back" : "reloaded";
  const auto answer = ask_host(*host, words);
  if (!answer) return fail(answer.error(), options.format);
  const bool is_done = answer->value("ok", false);
  const Json error = answer->value("error", Json::object());
  const bool is_unchanged = error.value("code", "") == to_string(Code::kUnchanged);
  if (options.format == Format::kJson) {
    print_json(*answer);
    return is_done || is_unchanged ? kDone : kFailed;
  }
  if (!is_done) {
    for (const Json &diagnostic : error.value("diagnostics", Json::array()))
      fmt::print(stderr, "{}:{}:{}: {}: {}\n", diagnostic.value("file", ""), diagnostic.value("line", 0),
                 diagnostic.value("column", 0), diagnostic.value("severity", ""), diagnostic.value("message", ""));
    const std::string message = error.value("message", "the host refused");
    const auto says_it = [&](const Json &diagnostic) { return diagnostic.value("message", "") == message; };
    const Json diagnostics = error.value("diagnostics", Json::array());
    if (!is_unchanged && std::ranges::none_of(diagnostics, says_it)) print_error(message);
    if (is_unchanged) fmt::print("{}\n", error.value("message", ""));
    return is_unchanged ? kDone : kFailed;
  }
  const Json result = answer->value("result", Json::object());
  for (const Json &bundle : result.value("bundles", Json::array())) {
    fmt::print("{}", paint(stdout, Ink::kGreen, done));
    print_bundle(bundle);
  }
  for (const Json &plan : result.value("plans", Json::array())) fmt::print("{}", plan.value("text", ""));
  for (const Json &name : result.value("unloaded", Json::array()))
    fmt::print("{}  {}\n", paint(stdout, Ink::kGreen, "unloaded"), name.get<std::string>());
  return kDone;
}

CLI::App *add_remote(CLI::App &app, const char *name, const char *help, RemoteOptions &options) {
  CLI::App *command = app.add_subcommand(name, help);
  command->add_option("--pid", options.pid, "the host's process")->type_name("PID");
  command->add_option("--socket", options.socket, "the host's socket, when it is not in the usual folder")
      ->type_name("PATH");
  add_json(*command, options.format);
  return command;
}

} // namespace

void add_remotes(CLI::App &app, Action &action) {
  // Each is shared with its action, which outlives this call.
  const auto asked = std::make_shared<RemoteOptions>(), reloaded = std::make_shared<RemoteOptions>(),
             rolled_back = std::make_shared<RemoteOptions>(), unloaded = std::make_shared<RemoteOptions>();

  CLI::App *command = add_remote(app, "ps", "list the hosts that serve, and their bundles", *asked);
  command->add_flag("--holders", asked->holders,
                    "also who still holds code that was replaced, since when, in which function; that sends its threads a signal");
  command->footer(R"(
A host serves when it calls Runtime::serve, or runs as 'graft watch --serve'.

Examples:
  graft ps
  graft ps --holders
  graft ps --json | jq '.[].bundles[].name')");
  command->callback([&action, asked] { action = [asked] { return ps(*asked); }; });

  command = add_remote(app, "reload", "let a running host reload bundles, as one transaction", *reloaded);
  command->add_option("BUNDLE", reloaded->bundles, "names or paths; none: all that came from files");
  CLI::Option *force = command->add_flag("--force", reloaded->force, "also what did not change");
  command->add_flag("--plan", reloaded->plan, "say only what would become of kept state; nothing changes")->excludes(force);
  command->footer(R"(
All are reloaded, or none is. 'unchanged' counts as done.

Examples:
  graft reload greeter
  graft reload --plan greeter
  graft reload --pid 4711 --force greeter clock
  graft reload plugins/greeter_v2    # a folder whose manifest has a loaded bundle's name)");
  command->callback([&action, reloaded] {
    action = [reloaded] {
      if (reloaded->plan) return request(*reloaded, {{"do", "plan"}, {"bundles", named(reloaded->bundles)}});
      return request(*reloaded, {{"do", "reload"}, {"bundles", named(reloaded->bundles)}, {"force", reloaded->force}});
    };
  });

  command = add_remote(app, "rollback", "let a running host go back to what a bundle ran before", *rolled_back);
  command->add_option("BUNDLE", rolled_back->bundles, "its name")->required()->expected(1);
  command->add_option("--steps", rolled_back->steps, "reloads to go back")->check(between(1, 1'000'000));
  command->footer(R"(
Its state is carried back as at any reload.

Examples:
  graft rollback greeter
  graft rollback --steps 2 greeter)");
  command->callback([&action, rolled_back] {
    action = [rolled_back] {
      return request(*rolled_back, {{"do", "rollback"}, {"bundles", rolled_back->bundles}, {"steps", rolled_back->steps}});
    };
  });

  command = add_remote(app, "unload", "let a running host unload bundles", *unloaded);
  command->add_option("BUNDLE", unloaded->bundles, "names")->required();
  command->footer(R"(
One after the other, up to the first that fails; a bundle that others require is refused, with their names.

Examples:
  graft unload greeter
  graft unload --pid 4711 clock greeter)");
  command->callback([&action, unloaded] {
    action = [unloaded] { return request(*unloaded, {{"do", "unload"}, {"bundles", unloaded->bundles}}); };
  });
}

} // namespace graft::tool
