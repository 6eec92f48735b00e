// `graft cache`: where the cache of compiled bundles is, what it holds, and keeping it whole and small; and `--cache`, as
// other subcommands have it.
#include "cache_option.hpp"
#include "json.hpp"
#include "output.hpp"
#include "usage.hpp"

#include <graft/cache.hpp>

#include <fmt/format.h>

#include <memory>

namespace graft::tool {
namespace {

struct CacheOptions {
  CacheConfig config;
  std::uint64_t max_bytes = 0;
  bool all = false;
  Format format = Format::kText;
};

/// Shows what was done, as text or as facts.
template <class T, class Text, class Facts>
int show(const Result<T> &result, Format format, Text text, Facts facts) {
  if (!result) return fail(result.error(), format);
  if (format == Format::kJson)
    print_json(facts(*result));
  else
    fmt::print("{}\n", text(*result));
  return kDone;
}

int path(const CacheOptions &options) {
  return show(
      cache_folder(options.config), options.format, [](const std::string &folder) { return folder; },
      [](const std::string &folder) { return Json{{"folder", folder}}; });
}

int stat(const CacheOptions &options) {
  return show(
      cache_stat(options.config), options.format,
      [](const CacheStat &stat) {
        return fmt::format("{}: {}, {}, {}, {}, {}, {} of {}", stat.folder, counted(stat.artifacts, "artifact"),
                           counted(stat.units, "unit"), counted(stat.heads, "head"), counted(stat.images, "image"),
                           counted(stat.records, "record"), bytes_text(stat.bytes), bytes_text(stat.max_bytes));
      },
      [](const CacheStat &stat) {
        return Json{{"folder", stat.folder}, {"artifacts", stat.artifacts}, {"records", stat.records},
                    {"units", stat.units},   {"heads", stat.heads},         {"images", stat.images},
                    {"bytes", stat.bytes},   {"max_bytes", stat.max_bytes}};
      });
}

int verify(const CacheOptions &options) {
  const auto check = verify_cache(options.config);
  const int shown = show(
      check, options.format,
      [](const CacheCheck &check) { return fmt::format("{} good, {} damaged and removed", check.good, check.damaged); },
      [](const CacheCheck &check) { return Json{{"good", check.good}, {"damaged", check.damaged}}; });
  return check && (*check).damaged > 0 ? kFailed : shown;
}

int prune(CacheOptions options) {
  if (options.max_bytes != 0 || options.all) options.config.max_bytes = options.max_bytes;
  return show(
      prune_cache(options.config), options.format,
      [](const CachePruned &pruned) {
        return fmt::format("removed {}, {}", pruned.entries == 1 ? "1 entry" : fmt::format("{} entries", pruned.entries),
                           bytes_text(pruned.bytes));
      },
      [](const CachePruned &pruned) { return Json{{"entries", pruned.entries}, {"bytes", pruned.bytes}}; });
}

} // namespace

void take_cache_place(const std::string &place, CacheConfig &config) {
  (place.find("://") != place.npos ? config.remote : config.folder) = place;
}

void add_cache_option(CLI::App &command, CacheConfig &config) {
  const CLI::callback_t take = [&config](const std::vector<std::string> &places) {
    for (const std::string &place : places) take_cache_place(place, config);
    return true;
  };
  command
      .add_option("--cache", take,
                  "where compiled bundles are kept: a folder, a redis:// URL beside it, or off; may be repeated")
      ->type_name("DIR|URL|off")
      ->expected(1)
      ->take_all();
}

void add_cache(CLI::App &app, Action &action) {
  auto options = std::make_shared<CacheOptions>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("cache", "look after what was compiled before");
  command->require_subcommand(1);
  command->footer(R"(
What was compiled is kept in $XDG_CACHE_HOME/graft or ~/.cache/graft, or where GRAFT_CACHE says; GRAFT_CACHE=off keeps nothing. Bundles
whose sources, headers, flags and compiler are unchanged are not compiled again. The folder may be removed at any time.

Examples:
  graft cache stat
  graft cache verify --json
  graft cache prune --max 100MB
  graft cache prune --all)");
  const auto add = [&](const char *name, const char *help, int (*run)(const CacheOptions &)) {
    CLI::App *verb = command->add_subcommand(name, help);
    add_cache_option(*verb, options->config);
    add_json(*verb, options->format);
    verb->callback([&action, options, run] { action = [options, run] { return run(*options); }; });
    return verb;
  };
  add("path", "print its folder", path);
  add("stat", "say what it holds", stat)->footer(R"(
Artifacts are whole bundles, units files of a bundle, heads what C++ files begin with, parsed once; images are bundles' linked code,
and records what says which of those a text, its headers and its flags lead to.)");
  add("verify", "open every entry and remove the damaged; exit code 1 when there were any", verify);
  CLI::App *verb = add("prune", "remove the least used entries", [](const CacheOptions &options) { return prune(options); });
  CLI::Option *max =
      verb->add_option("--max", options->max_bytes, "how much may stay, such as 100MB; the usual bound if not given")
          ->transform(byte_size())
          ->type_name("BYTES");
  verb->add_flag("--all", options->all, "remove every entry")->excludes(max);
}

} // namespace graft::tool
