// The man page, made of the commands that there are.
#include "completion_scripts.hpp"

#include <string>

namespace graft::tool {
namespace {

/// For troff: a hyphen that is one, and no line that is a request.
std::string troff(const std::string &text) {
  std::string result;
  for (const char character : text) {
    if (character == '-' || character == '\\') result += '\\';
    result += character == '\\' ? std::string("e") : std::string(1, character);
    if (character == '\n') result += "\\&";
  }
  return result;
}

/// A footer of a help text, as it is, in a block without filling.
std::string troff_block(const std::string &text) { return text.empty() ? "" : ".nf\n\\&" + troff(text) + "\n.fi\n"; }

} // namespace

std::string man_page(const CLI::App &app) {
  std::string text = ".TH GRAFT 1\n.SH NAME\ngraft \\- " + troff(app.get_description()) +
                     "\n.SH SYNOPSIS\n.B graft\n.I COMMAND\n[\\fIOPTION\\fR...] "
                     "[\\fIPATH\\fR...]\n.SH COMMANDS\n";
  for (const CLI::App *command : app.get_subcommands([](const CLI::App *each) { return !each->get_group().empty(); })) {
    text += ".SS graft " + troff(command->get_name()) + "\n" + troff(command->get_description()) + ".\n";
    for (const CLI::Option *option : command->get_options())
      text += ".TP\n.B " + troff(option->get_name(/*positional=*/true, /*all_options=*/true)) + "\n" +
              troff(option->get_description()) + "\n";
    text += ".PP\n" + troff_block(command->get_footer());
  }
  text += ".SH EXIT STATUS\n0 done, 1 failed, 2 used wrongly; of 'graft exec' the program's own.\n.SH ENVIRONMENT\n"
          ".TP\n.B GRAFT_CACHE\nWhere compiled bundles are kept: a folder, a redis:// URL, or off.\n"
          ".TP\n.B GRAFT_PERF_MAP\n1: perf is told the names of bundles' functions.\n"
          ".TP\n.B NO_COLOR\nNo colour on a terminal either.\n";
  return text;
}

} // namespace graft::tool
