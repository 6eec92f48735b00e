// See host_options.hpp.
#include "host_options.hpp"

#include "cache_option.hpp"
#include "json.hpp"
#include "output.hpp"
#include "usage.hpp"

#include <fmt/format.h>

#include <map>

namespace graft::tool {

static std::map<std::string, TierUp> tier_ups() {
  return {{"fast-then-good", TierUp::kFastThenGood}, {"good", TierUp::kGood}, {"fast", TierUp::kFast}};
}

void add_host_options(CLI::App &command, HostOptions &options) {
  command.add_option("PATH", options.paths, "folders with a graft.toml or sources, or single source files")->required();
  command.add_option("-O", options.optimise, "-O0 to -O3, for bundles that do not say")
      ->check(between(0, 3))
      ->type_name("LEVEL");
  command
      .add_option_function<std::string>(
          "--tier-up", [&options](const std::string &way) { options.tier_up = tier_ups().at(way); },
          "'fast-then-good' (as ever), 'good' or 'fast', whatever manifests say")
      ->check(one_of({"fast-then-good", "good", "fast"}))
      ->type_name("WAY");
  command.add_flag("--checked-only", options.checked_only,
                   "refuse code whose types graft never saw, such as foreign bitcode");
  command.add_flag("--worker", options.worker, "compile in a process of its own, whose crash or hunger is an error");
  command.add_flag("--timings", options.timings, "say what each stage of a load and reload costs");
  command.add_option("--memory", options.memory, "files wait to be compiled while others take more than this; 512M, 4G")
      ->transform(byte_size())
      ->type_name("BYTES");
  command.add_option("--kv", options.kv, "the file in which what plugins keep (graft.kv) stays; made when it is not there")
      ->type_name("FILE");
  command.add_flag("--verbose", options.verbose, "print the runtime's log to stderr");
  add_include_dirs(command, options.include_dirs);
  add_cache_option(command, options.cache);
  add_json(command, options.format);
}

static Config config_of(const HostOptions &options) {
  Config config;
  config.optimise = options.optimise;
  config.tier_up = options.tier_up;
  config.include_dirs = options.include_dirs;
  config.cache = options.cache;
  config.unchecked = options.checked_only ? Unchecked::kRefuse : Unchecked::kAllow;
  config.worker = options.worker ? Worker::kAlways : Worker::kWhenAsked;
  config.compile_bytes = options.memory;
  config.timings = options.timings ? Timings::kStages : Timings::kSteps;
  config.log_level = options.verbose ? LogLevel::kDebug : LogLevel::kInfo;
  config.log = [verbose = options.verbose](LogLevel level, std::string_view line) {
    const bool is_a_plugins_own = line.starts_with('[');
    if (verbose || is_a_plugins_own || level >= LogLevel::kWarn) fmt::print(stderr, "{}\n", line);
  };
  return config;
}

Result<std::unique_ptr<Runtime>> host_of(const HostOptions &options, Learning learning) {
  Config config = config_of(options);
  config.learning = learning;
  GRAFT_TRY_ASSIGN(auto runtime, Runtime::create(std::move(config)));
  ServicesConfig services;
  services.kv.file = options.kv;
  GRAFT_TRY(runtime->offer_services(std::move(services)));
  return runtime;
}

} // namespace graft::tool
