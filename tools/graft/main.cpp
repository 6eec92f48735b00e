// `graft`: wires the subcommands together. What each does is in the file of its name.
//
// Exit codes: 0 done, 1 failed, 2 used wrongly. Nothing that a subcommand does may leave here as an exception.
#include "command.hpp"
#include "output.hpp"
#include "places.hpp"
#include "usage.hpp"

#include <graft/base/near.hpp>
#include <graft/inspect.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace graft::tool {
namespace {

constexpr const char *kFooter = R"(
Examples:
  graft new hello                                    make a bundle that works
  graft run hello --call example.hello.greet world   load it and call it
  graft run hello --call example.hello.greet world --watch
                                                     call it again at every save
  graft watch plugins                                keep all of a folder as new as its sources
  graft check plugins/*                              compile and verify, run nothing
  graft test plugins                                 run the tests beside their sources
  graft exec -O2 prime.c -- 100                      run a program's main
  graft doctor                                       what does this machine lack?

'graft help COMMAND' explains each with examples. Exit code: 0 done, 1 failed, 2 used wrongly.)";

/// For the end of the help.
std::string guides() {
  const std::string page = first_page();
  return page.empty() ? "" : "\nGuides for plugins, tests, hosts and hooks are behind " + page + ".";
}

std::vector<std::string> command_names(const CLI::App &app) {
  std::vector<std::string> names;
  for (const CLI::App *command : app.get_subcommands([](const CLI::App *) { return true; }))
    names.push_back(command->get_name());
  return names;
}

/// A first word that is neither a command nor an option.
bool is_unknown_command(const CLI::App &app, const std::vector<std::string> &words) {
  const std::vector<std::string> names = command_names(app);
  return !words.empty() && !words[0].starts_with('-') && std::ranges::find(names, words[0]) == names.end();
}

int refuse_command(const CLI::App &app, const std::string &word) {
  const std::string near = nearest(word, command_names(app));
  print_error(fmt::format("there is no command '{}'; {}", word,
                          near.empty() ? "'graft --help' lists them" : fmt::format("did you mean '{}'?", near)));
  return kUsedWrongly;
}

int run(std::vector<std::string> words) {
  words = with_help_spelled(std::move(words));
  CLI::App app("Load, run, check and look into plugins that are C and C++ source.", "graft");
  app.set_version_flag("--version", version_text());
  app.footer(kFooter + guides());
  app.require_subcommand(1);
  Action action;
  std::vector<CallWords> calls;
  if (!words.empty() && words[0] == "run") calls = take_calls(words);
  add_run(app, calls, action);
  add_watch(app, action);
  add_remotes(app, action);
  add_exec(app);
  add_repl(app, action);
  add_check(app, action);
  add_inspect(app, action);
  add_permissions(app, action);
  add_contracts(app, action);
  add_rebind(app, action);
  add_plan(app, action);
  add_test(app, action);
  add_test_child(app, action);
  add_new(app, action);
  add_doctor(app, action);
  add_demo(app, action);
  add_cache(app, action);
  add_completion(app, action);

  if (is_unknown_command(app, words)) return refuse_command(app, words[0]);
  const bool asks_help = words.size() > 1 && (words[1] == "--help" || words[1] == "-h");
  if (!words.empty() && words[0] == "exec" && !asks_help)
    return run_exec({words.begin() + 1, words.end()});
  if (words.empty()) words.push_back("--help");
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend())); // CLI11 wants them backwards
  } catch (const CLI::ParseError &wrong) {
    if (wrong.get_exit_code() == 0) return app.exit(wrong); // help and version
    return refuse_usage(app, wrong);
  }
  return action ? action() : kUsedWrongly;
}

} // namespace

void add_json(CLI::App &command, Format &format) {
  command.add_flag_callback("--json", [&format] { format = Format::kJson; }, "print facts as JSON on stdout");
}

void add_include_dirs(CLI::App &command, std::vector<std::string> &directories) {
  command.add_option("-I", directories, "where bundles find headers of the host and of each other; may be repeated")
      ->type_name("DIR")
      ->expected(1)
      ->take_all();
}

} // namespace graft::tool

int main(int argc, char **argv) {
  try {
    return graft::tool::run({argv + std::min(argc, 1), argv + argc});
  } catch (const std::exception &exception) {
    graft::tool::print_error(std::string("internal error: ") + exception.what());
  } catch (...) {
    graft::tool::print_error("internal error: an exception of unknown type");
  }
  return graft::tool::kFailed;
}
