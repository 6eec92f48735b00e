// The man page, made of the commands that there are.
#include "completion_scripts.hpp"
#include "usage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>

namespace graft::tool {
namespace {

/// For troff: characters that mean themselves, and no line that is a request, as one that begins with a dot would be.
std::string troff(const std::string &text) {
  std::string result;
  bool begins_line = true;
  for (const char character : text) {
    if (character == '.' && begins_line) result += "\\&";
    switch (character) {
    case '-':
      result += "\\-";
      break;
    case '\\':
      result += "\\e";
      break;
    case '\'':
      result += "\\(aq"; // at the beginning of a line it would make a request, and is no typographic quote anywhere
      break;
    case '`':
      result += "\\(ga";
      break;
    case '^':
      result += "\\(ha";
      break;
    case '~':
      result += "\\(ti";
      break;
    default:
      result += character;
    }
    begins_line = character == '\n';
  }
  return result;
}

/// A footer of a help text, as it is, in a block without filling.
std::string troff_block(const std::string &text) { return text.empty() ? "" : ".nf\n" + troff(text) + "\n.fi\n"; }

/// "-j,--jobs COUNT", "--tier-up fast-then-good|good|fast", "PATH".
std::string troff_names(const CLI::Option &option) {
  std::string text = troff(option.get_name(/*positional=*/true, /*all_options=*/true));
  if (option.get_positional() || option.get_items_expected_max() == 0) return text;
  const std::vector<std::string> values = values_of(option);
  const std::string value = values.empty() ? value_name(option) : fmt::format("{}", fmt::join(values, "|"));
  return text + " \\fI" + troff(value) + "\\fR";
}

std::string troff_options(const CLI::App &command) {
  std::string text;
  for (const CLI::Option *option : command.get_options())
    text += ".TP\n.B " + troff_names(*option) + "\n" + troff(option->get_description()) + "\n";
  return text;
}

} // namespace

std::string man_page(const CLI::App &app) {
  std::string text = ".TH GRAFT 1\n.SH NAME\ngraft \\- " + troff(app.get_description()) +
                     "\n.SH SYNOPSIS\n.B graft\n.I COMMAND\n[\\fIOPTION\\fR...] "
                     "[\\fIPATH\\fR...]\n.SH COMMANDS\n";
  for (const CLI::App *command : app.get_subcommands([](const CLI::App *each) { return !each->get_group().empty(); })) {
    text += ".SS graft " + troff(command->get_name()) + "\n" + troff(command->get_description()) + ".\n";
    text += troff_options(*command);
    for (const CLI::App *verb : command->get_subcommands([](const CLI::App *) { return true; }))
      text += ".TP\n.B graft " + troff(command->get_name() + " " + verb->get_name()) + "\n" +
              troff(verb->get_description()) + ".\n" + troff_options(*verb);
    text += ".PP\n" + troff_block(command->get_footer());
  }
  text += ".SH EXIT STATUS\n0 done, 1 failed, 2 used wrongly; of 'graft exec' the program's own.\n.SH ENVIRONMENT\n"
          ".TP\n.B GRAFT_CACHE\nWhere compiled bundles are kept: a folder, a redis:// URL, or off.\n"
          ".TP\n.B GRAFT_PERF_MAP\n1: perf is told the names of bundles' functions.\n"
          ".TP\n.B NO_COLOR\nNo colour on a terminal either.\n"
          ".SH FILES\n.TP\n.I share/doc/graft/README.md\nbeside the command's folder: guides for plugins, tests, hosts and "
          "hooks.\n";
  return text;
}

} // namespace graft::tool
