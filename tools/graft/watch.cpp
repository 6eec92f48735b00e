// `graft watch`: a host that does nothing but keep bundles as new as their sources.
#include "crash_report.hpp"
#include "host_options.hpp"
#include "json.hpp"
#include "progress.hpp"
#include "watch_report.hpp"

#include <fmt/format.h>

#include <memory>

namespace graft::tool {
namespace {

struct WatchWords : HostOptions {
  bool serve = false;
  std::string socket;
};

int watch(const WatchWords &options) {
  tell_of_crashes();
  auto runtime = host_of(options, Learning::kAtOnce); // somebody is about to edit
  if (!runtime) return fail(runtime.error(), options.format);
  show_progress_of(**runtime, options.format);
  if (options.serve || !options.socket.empty()) {
    const auto socket = runtime->serve({.socket = options.socket});
    if (!socket) return fail(socket.error(), options.format);
    if (options.format == Format::kText) fmt::print(stderr, "serving at {}\n", *socket);
  }
  WatchOptions watching;
  watching.paths = options.paths;
  watching.tell = [&options](const WatchEvent &event) { report(event, options); };
  const auto watcher = Watcher::create(**runtime, std::move(watching));
  if (!watcher) return fail(watcher.error(), options.format);
  return watch_until_stopped(runtime->bundles().size(), options.format);
}

} // namespace

void add_watch(CLI::App &app, Action &action) {
  auto options = std::make_shared<WatchWords>(); // shared with the action, which outlives this call
  CLI::App *command = app.add_subcommand("watch", "load bundles and reload them at every save");
  add_host_options(*command, *options);
  command->add_flag("--serve", options->serve, "let 'graft ps', 'reload' and 'unload' ask this host");
  command->add_option("--socket", options->socket, "where to serve; a folder of mode 0700")->type_name("PATH");
  command->footer(R"(
A PATH is a bundle, or a folder of bundles: then a bundle that appears there is loaded and one that is removed is unloaded. All files
that a bundle was made from are watched, headers in other folders too; what decides is their content. Bundles that share a changed
header are reloaded together or not at all. On an error the old code goes on. Ctrl-c ends it.

Examples:
  graft watch plugins
  graft watch plugins/greeter plugins/calculator
  graft watch plugins --json | jq .event)");
  command->callback([&action, options] { action = [options] { return watch(*options); }; });
}

} // namespace graft::tool
