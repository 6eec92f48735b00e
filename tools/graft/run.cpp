// `graft run`: load bundles, call their functions by name, and, with --watch, do it again at every save.
#include "command.hpp"
#include "json.hpp"
#include "output.hpp"
#include "stop_signal.hpp"
#include "watcher.hpp"

#include <graft/call.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace graft::tool {
namespace {

constexpr std::chrono::milliseconds kQuiet{15};

struct RunOptions {
  std::vector<std::string> paths;
  std::vector<std::string> include_dirs;
  std::vector<CallWords> calls;
  unsigned optimise = 0;
  bool watch = false;
  bool checked_only = false;
  bool verbose = false;
  Format format = Format::kText;
};

Config config_of(const RunOptions &options) {
  Config config;
  config.optimise = options.optimise;
  config.include_dirs = options.include_dirs;
  config.unchecked = options.checked_only ? Unchecked::kRefuse : Unchecked::kAllow;
  config.log_level = options.verbose ? LogLevel::kDebug : LogLevel::kInfo;
  config.log = [verbose = options.verbose](LogLevel level, std::string_view line) {
    const bool is_a_plugins_own = line.starts_with('[');
    if (verbose || is_a_plugins_own || level >= LogLevel::kWarn) fmt::print(stderr, "{}\n", line);
  };
  return config;
}

/// A requirement may be met by a bundle that stands later on the command line.
bool may_succeed_later(Code code) { return code == Code::kNotFound || code == Code::kIncompatible; }

/// Loads all paths, in as many rounds as their requirements need. The bundles are in the order of the paths.
Result<std::vector<BundleInfo>> load_all(Runtime &runtime, const std::vector<std::string> &paths) {
  std::vector<std::optional<BundleInfo>> loaded(paths.size());
  for (bool progress = true; progress;) {
    progress = false;
    std::optional<Error> failure;
    for (std::size_t index = 0; index < paths.size(); ++index) {
      if (loaded[index]) continue;
      auto info = runtime.load(paths[index]);
      if (info) {
        loaded[index] = *std::move(info);
        progress = true;
      } else {
        if (!may_succeed_later(info.code())) return std::move(info).error();
        if (!failure) failure = std::move(info).error();
      }
    }
    if (!failure) break;
    if (!progress) return *std::move(failure);
  }
  std::vector<BundleInfo> bundles;
  for (std::optional<BundleInfo> &one : loaded) bundles.push_back(*std::move(one));
  return bundles;
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

int fail(const Error &error, Format format) {
  if (format == Format::kJson)
    print_json_line({{"error", json_of(error)}});
  else
    print_error(error);
  return kFailed;
}

void report_failed_reload(const BundleInfo &bundle, const Error &error, Format format) {
  if (format == Format::kJson) {
    print_json_line(
        {{"event", "failed"}, {"bundle", bundle.name}, {"generation", bundle.generation}, {"error", json_of(error)}});
    return;
  }
  print_error(error);
  fmt::print(stderr, "{} stays at generation {}\n", bundle.name, bundle.generation);
}

void report_reload(const BundleInfo &bundle, const StepTimes &times, Format format) {
  if (format == Format::kJson) {
    print_json_line({{"event", "reloaded"}, {"bundle", json_of(bundle)}, {"times_ns", json_of(times)}});
    return;
  }
  print_diagnostics(bundle.warnings);
  fmt::print("{} {}: generation {}, compile {}, link {}, swap {}\n", paint(stdout, Ink::kGreen, "reloaded"), bundle.name,
             bundle.generation, duration(times.read_ns + times.compile_ns), duration(times.link_ns),
             duration(times.initialise_ns + times.publish_ns));
  std::fflush(stdout);
}

/// Whether the bundle is new code now. On an error, the old goes on.
bool reload(Runtime &runtime, BundleInfo &bundle, Format format) {
  StepTimes times;
  auto reloaded = runtime.reload(bundle.name, {Force::kNo, &times});
  if (reloaded) {
    bundle = *std::move(reloaded);
    report_reload(bundle, times, format);
    return true;
  }
  if (reloaded.code() != Code::kUnchanged) report_failed_reload(bundle, reloaded.error(), format);
  return false;
}

Result<void> watch_all(Watcher &watcher, const std::vector<BundleInfo> &bundles, const RunOptions &options) {
  for (std::size_t number = 0; number < bundles.size(); ++number) {
    GRAFT_TRY(watcher.watch(bundles[number].path, number));
    for (const std::string &directory : options.include_dirs) // a header may be anybody's
      ignore(watcher.watch(directory, number), "a directory that is not there is the compiler's business");
  }
  return {};
}

int watch(Runtime &runtime, std::vector<BundleInfo> bundles, const RunOptions &options) {
  auto watcher = Watcher::create();
  if (!watcher) return fail(watcher.error(), options.format);
  const auto stop = StopSignal::create();
  if (!stop) return fail(stop.error(), options.format);
  if (const auto watched = watch_all(**watcher, bundles, options); !watched) return fail(watched.error(), options.format);
  if (options.format == Format::kJson)
    print_json_line({{"event", "watching"}});
  else
    fmt::print(stderr, "watching {}; end with ctrl-c\n", counted(bundles.size(), "bundle"));
  for (;;) {
    const std::set<std::size_t> changed = watcher->wait(kQuiet, (*stop)->descriptor());
    if (changed.empty()) return kDone;
    bool is_new = false;
    for (std::size_t number : changed) is_new |= reload(runtime, bundles[number], options.format);
    if (!is_new) continue;
    Exit last = kDone;
    for (const Json &call : call_all(runtime, options, last)) {
      Json line = {{"event", "called"}};
      line.update(call);
      print_json_line(line);
    }
  }
}

int run(const RunOptions &options) {
  auto runtime = Runtime::create(config_of(options));
  if (!runtime) return fail(runtime.error(), options.format);
  auto bundles = load_all(**runtime, options.paths);
  if (!bundles) return fail(bundles.error(), options.format);
  const bool is_text = options.format == Format::kText;
  for (const BundleInfo &bundle : *bundles) {
    if (is_text) print_diagnostics(bundle.warnings);
    if (!is_text || !options.calls.empty()) continue;
    std::string provides;
    for (const std::string &contract : bundle.provides) provides += " " + contract;
    fmt::print("{} {}: generation {}, provides{}\n", bundle.name, bundle.version, bundle.generation,
               provides.empty() ? " nothing" : provides);
  }
  Exit exit = kDone;
  Json report = {{"bundles", Json::array()}, {"calls", call_all(**runtime, options, exit)}};
  for (const BundleInfo &bundle : *bundles) report["bundles"].push_back(json_of(bundle));
  if (!is_text && options.watch) {
    Json line = {{"event", "loaded"}};
    line.update(report);
    print_json_line(line);
  } else if (!is_text) {
    print_json(report);
  }
  if (!options.watch) return exit;
  std::fflush(stdout);
  return watch(**runtime, *std::move(bundles), options);
}

/// What ends the words of a `--call`: an option of `graft run`. Everything else, `-5` too, is an argument.
bool ends_call(const std::string &word) {
  static const std::vector<std::string> kOptions = {
      "--call",    "--",  "--watch", "--json", "--help", "-h", "-I", "--checked-only",
      "--verbose", "-O0", "-O1",     "-O2",    "-O3"};
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
  command->add_option("PATH", options->paths, "folders with a graft.toml or sources, or single source files")->required();
  // Only for the help: main.cpp takes the calls out before CLI11 sees them, because their words are anybody's.
  command->add_option("--call", "CONTRACT.FUNCTION and its arguments, up to the next option or '--'; may be repeated")
      ->type_name("TARGET [ARG...]");
  command->add_flag("--watch", options->watch, "reload and call again at every save, until ctrl-c");
  command->add_option("-O", options->optimise, "-O0 to -O3, for bundles that do not say")
      ->check(CLI::Range(0, 3))
      ->type_name("LEVEL");
  command->add_flag("--checked-only", options->checked_only, "refuse code whose types graft never saw, such as foreign bitcode");
  command->add_flag("--verbose", options->verbose, "print the runtime's log to stderr");
  add_include_dirs(*command, options->include_dirs);
  add_json(*command, options->format);
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
