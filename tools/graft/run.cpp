// `graft run`: load bundles, call their functions by name, and, with --watch, do it again at every save.
#include "crash_report.hpp"
#include "host_options.hpp"
#include "json.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "watch_report.hpp"

#include <graft/call.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace graft::tool {
namespace {

struct RunOptions : HostOptions {
  std::vector<CallWords> calls;
  bool watch = false;
};

/// Loads all paths and the bundles in those that are folders of bundles, who is required first. What is broken is printed;
/// `exit` says so.
Result<LoadReport> load_all(Runtime &runtime, const std::vector<std::string> &paths, Format format, Exit &exit) {
  std::vector<std::filesystem::path> bundles;
  for (const std::string &path : paths) {
    GRAFT_TRY_ASSIGN(const auto found, find_bundles(path));
    bundles.insert(bundles.end(), found.begin(), found.end());
  }
  GRAFT_TRY_ASSIGN(LoadReport report, runtime.load_all(bundles));
  if (report.broken.size() == 1 && report.loaded.empty()) return std::move(report.broken.front().error);
  for (const LoadReport::Broken &broken : report.broken) {
    exit = kFailed;
    if (format == Format::kJson)
      print_json_line({{"event", "broken"}, {"path", broken.path}, {"error", json_of(broken.error)}});
    else
      print_error(broken.error);
  }
  return report;
}

/// A string as it is, any other value as JSON; one line feed at the end.
void print_plain(const Json &value) {
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
}

void print_outcome(const CallOutcome &outcome) {
  const Json outputs = Json::parse(outcome.outputs.empty() ? "{}" : outcome.outputs);
  if (!outcome.result.empty()) print_plain(Json::parse(outcome.result));
  const bool is_the_result = outcome.result.empty() && outputs.size() == 1;
  for (const auto &[name, value] : outputs.items()) {
    if (is_the_result)
      print_plain(value);
    else
      fmt::print("{} = {}\n", name, value.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  std::fflush(stdout);
}

ContentKey source_of(const Runtime &runtime, const CallOutcome &outcome) {
  for (const BundleInfo &bundle : runtime.bundles())
    if (bundle.name == outcome.bundle && bundle.generation == outcome.generation) return bundle.source;
  return {};
}

/// Calls everything that was asked for, whatever fails. Text is printed at once; JSON is returned.
Json call_all(const Runtime &runtime, const RunOptions &options, Exit &exit) {
  Json calls = Json::array();
  for (const CallWords &call : options.calls) {
    const auto outcome = call_by_name(runtime, call.target, call.arguments);
    if (!outcome || (*outcome).status != GRAFT_OK) exit = kFailed;
    if (options.format == Format::kJson) {
      calls.push_back(outcome ? json_of(*outcome, source_of(runtime, *outcome))
                              : Json{{"target", call.target}, {"error", json_of(outcome.error())}});
    } else if (!outcome) {
      print_error(outcome.error());
    } else if ((*outcome).status != GRAFT_OK) {
      const auto code = static_cast<Code>((*outcome).status);
      print_error(fmt::format("'{}' returned status {} ({})", call.target, (*outcome).status, to_string(code)));
    } else {
      print_outcome(*outcome);
    }
  }
  return calls;
}

/// New code: the calls are made again.
void call_again(const Runtime &runtime, const RunOptions &options) {
  Exit last = kDone;
  for (const Json &call : call_all(runtime, options, last)) {
    Json line = {{"event", "called"}};
    line.update(call);
    print_json_line(line);
  }
}

int watch(Runtime &runtime, const std::vector<BundleInfo> &bundles, const RunOptions &options) {
  WatchOptions watching;
  for (const BundleInfo &bundle : bundles) watching.paths.push_back(bundle.path);
  watching.tell = [&](const WatchEvent &event) {
    if (event.phase == WatchPhase::kUnchanged && options.format == Format::kText) return;
    report(event, options);
    if (event.phase == WatchPhase::kReloaded) call_again(runtime, options);
  };
  const auto watcher = Watcher::create(runtime, std::move(watching));
  if (!watcher) return fail(watcher.error(), options.format);
  return watch_until_stopped(bundles.size(), options.format);
}

int run(const RunOptions &options) {
  tell_of_crashes();
  auto runtime = host_of(options, options.watch ? Learning::kAtOnce : Config{}.learning); // at once: somebody is about to edit
  if (!runtime) return fail(runtime.error(), options.format);
  if (options.watch || options.format == Format::kText)
    show_progress_of(**runtime, options.format); // else JSON is one value
  Exit exit = kDone;
  auto loaded = load_all(**runtime, options.paths, options.format, exit);
  if (!loaded) return fail(loaded.error(), options.format);
  const std::vector<BundleInfo> &bundles = (*loaded).loaded;
  const bool is_text = options.format == Format::kText;
  for (const BundleInfo &bundle : bundles) {
    if (is_text) print_diagnostics(bundle.warnings);
    if (!is_text || !options.calls.empty()) continue;
    std::string provides;
    for (const std::string &contract : bundle.provides) provides += " " + contract;
    fmt::print("{} {}: generation {}, provides{}\n", bundle.name, bundle.version, bundle.generation,
               provides.empty() ? " nothing" : provides);
  }
  if (is_text && options.timings) print_timings((*loaded).times);
  Json report = {{"bundles", Json::array()}, {"calls", call_all(**runtime, options, exit)}};
  for (const BundleInfo &bundle : bundles) report["bundles"].push_back(json_of(bundle));
  if (options.timings) report["times_ns"] = json_of((*loaded).times);
  if (!is_text && options.watch) {
    Json line = {{"event", "loaded"}};
    line.update(report);
    print_json_line(line);
  } else if (!is_text) {
    print_json(report);
  }
  if (!options.watch) return exit;
  std::fflush(stdout);
  return watch(**runtime, bundles, options);
}

/// What ends the words of a `--call`: an option of `graft run`. Everything else, `-5` too, is an argument.
bool ends_call(const std::string &word) {
  static const std::vector<std::string> kOptions = {
      "--call",   "--",        "--cache",   "--watch",   "--json",   "--help", "-h",  "-I",  "--checked-only",
      "--worker", "--verbose", "--tier-up", "--timings", "--memory", "--kv", "-O0",    "-O1", "-O2", "-O3"};
  return std::ranges::find(kOptions, word) != kOptions.end();
}

} // namespace

std::vector<CallWords> take_calls(std::vector<std::string> &words) {
  std::vector<CallWords> calls;
  std::vector<std::string> rest;
  for (std::size_t index = 0; index < words.size();) {
    if (words[index] != "--call" || index + 1 == words.size()) {
      rest.push_back(words[index++]);
      continue;
    }
    calls.push_back({words[index + 1], {}});
    for (index += 2; index < words.size() && !ends_call(words[index]); ++index)
      calls.back().arguments.push_back(words[index]);
    if (index == words.size() || words[index] != "--") continue;
    // Behind `--` everything is the last call's.
    for (++index; index < words.size(); ++index) calls.back().arguments.push_back(words[index]);
  }
  words = std::move(rest);
  return calls;
}

void add_run(CLI::App &app, const std::vector<CallWords> &calls, Action &action) {
  auto options = std::make_shared<RunOptions>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("run", "load bundles and call their functions");
  add_host_options(*command, *options);
  // Only for the help: main.cpp takes the calls out before CLI11 sees them, because their words are anybody's.
  command->add_option("--call", "CONTRACT.FUNCTION and its arguments, up to the next option or '--'; may be repeated")
      ->type_name("TARGET [ARG...]");
  command->add_flag("--watch", options->watch, "reload and call again at every save, until ctrl-c");
  command->footer(R"(
Arguments are text, read by the parameter's type: numbers (also 0x..), true and false, enumerators by name, strings as they are,
structs and arrays as JSON. Out-parameters need none; what they hold is printed. A status other than 0 is exit code 1. Behind a
'--call' every word but the options above is an argument; after '--' every word is.

Examples:
  graft run plugins/greeter --call demo.greeter.greet world
  graft run plugins/calculator --call demo.calculator.add 2 -5 --call demo.calculator.add 1 0x10
  graft run plugins/greeter --call demo.greeter.greet world --watch
  graft run a.c b.cpp --json --call demo.greeter@1.greet -- --watch)");
  command->callback([&action, &calls, options] {
    action = [&calls, options] {
      options->calls = calls;
      return run(*options);
    };
  });
}

} // namespace graft::tool
