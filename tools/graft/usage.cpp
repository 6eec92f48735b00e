// See usage.hpp. CLI11 tells what is wrong in one text that begins with the option's name; the option itself is looked up
// again.
#include "usage.hpp"

#include "output.hpp"

#include <graft/base/near.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace graft::tool {
namespace {

/// "; did you mean '--json'?", or nothing.
std::string hint(std::string_view word, const std::vector<std::string> &known) {
  const std::string near = nearest(word, known);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

/// A subcommand as it is typed, and what CLI11 knows of it.
struct Chosen {
  const CLI::App *command;
  std::string name; ///< "graft cache verify"
};

Chosen chosen_in(const CLI::App &app) {
  Chosen chosen{&app, app.get_name()};
  for (auto inner = app.get_subcommands(); !inner.empty(); inner = chosen.command->get_subcommands()) {
    chosen.command = inner[0];
    chosen.name += " " + inner[0]->get_name();
  }
  return chosen;
}

std::vector<std::string> option_names(const CLI::App &command) {
  std::vector<std::string> names;
  for (const CLI::Option *option : command.get_options()) {
    for (const std::string &name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string &name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::vector<std::string> verbs_of(const CLI::App &command) {
  std::vector<std::string> names;
  for (const CLI::App *verb : command.get_subcommands([](const CLI::App *each) { return !each->get_group().empty(); }))
    names.push_back(verb->get_name());
  return names;
}

/// "usage: graft plan [OPTION...] OLD NEW".
std::string usage_line(const Chosen &chosen) {
  std::string line = "usage: " + chosen.name + " [OPTION...]";
  for (const CLI::Option *option : chosen.command->get_options())
    if (option->get_required() && !option->get_positional()) line += " " + option->get_name() + " " + value_name(*option);
  for (const CLI::Option *option :
       chosen.command->get_options([](const CLI::Option *each) { return each->get_positional(); })) {
    const std::string name = option->get_name(/*positional=*/true) + (option->get_expected_max() > 1 ? "..." : "");
    line += option->get_required() ? " " + name : " [" + name + "]";
  }
  if (!verbs_of(*chosen.command).empty()) line += " COMMAND";
  return line;
}

/// The option that a message of CLI11 begins with; null when it is none of this command.
const CLI::Option *option_in(const Chosen &chosen, const std::string &name) {
  for (const CLI::Option *option : chosen.command->get_options())
    if (option->get_name() == name || option->get_name(/*positional=*/true) == name || option->check_name(name))
      return option;
  return nullptr;
}

/// What is left of the words that nobody took: unknown options first, since one of them may be why something else is
/// missing.
std::string leftover(const Chosen &chosen) {
  const std::vector<std::string> words = chosen.command->remaining();
  for (const std::string &word : words)
    if (word.size() > 1 && word.starts_with('-') && word != "--") {
      const std::string name = word.substr(0, word.find('='));
      return fmt::format("'{}' has no option '{}'{}", chosen.name, name, hint(name, option_names(*chosen.command)));
    }
  const std::vector<std::string> verbs = verbs_of(*chosen.command);
  for (const std::string &word : words) {
    if (word == "--") continue;
    if (!verbs.empty())
      return fmt::format("'{}' has no '{}'{}", chosen.name, word,
                         hint(word, verbs).empty() ? fmt::format("; there are {}", fmt::join(verbs, ", "))
                                                   : hint(word, verbs));
    return fmt::format("'{}' has no use for '{}'", chosen.name, word);
  }
  return {};
}

std::string missing(const Chosen &chosen, const std::string &said) {
  const std::string name = said.substr(0, said.find(" is required"));
  const CLI::Option *option = option_in(chosen, name);
  if (option == nullptr) return fmt::format("'{}' needs one of {}", chosen.name, fmt::join(verbs_of(*chosen.command), ", "));
  return fmt::format("'{}' needs {}: {}", chosen.name, name, option->get_description());
}

std::string mismatched(const Chosen &chosen, const std::string &said) {
  const std::string name = said.substr(0, said.find(':'));
  const CLI::Option *option = option_in(chosen, name);
  if (option == nullptr) return said;
  const std::vector<std::string> values = values_of(*option);
  return fmt::format("'{}' needs {} behind it{}{}", name, value_name(*option), values.empty() ? "" : ": one of ",
                     fmt::join(values, ", "));
}

/// "Could not convert: --seed = x".
std::string unreadable(const Chosen &chosen, const std::string &said) {
  constexpr std::string_view kBegin = "Could not convert: ", kBetween = " = ";
  const std::size_t between = said.find(kBetween);
  if (!said.starts_with(kBegin) || between == said.npos) return said;
  const std::string name = said.substr(kBegin.size(), between - kBegin.size());
  const CLI::Option *option = option_in(chosen, name);
  return fmt::format("'{}' takes {}, not '{}'", name, option == nullptr ? "another value" : value_name(*option),
                     said.substr(between + kBetween.size()));
}

std::string sentence(const Chosen &chosen, const CLI::ParseError &wrong) {
  if (std::string left = leftover(chosen); !left.empty()) return left;
  const std::string said = wrong.what();
  if (dynamic_cast<const CLI::RequiredError *>(&wrong) != nullptr) return missing(chosen, said);
  if (dynamic_cast<const CLI::ArgumentMismatch *>(&wrong) != nullptr) return mismatched(chosen, said);
  if (dynamic_cast<const CLI::ConversionError *>(&wrong) != nullptr) return unreadable(chosen, said);
  const std::size_t colon = said.find(": ");
  if (dynamic_cast<const CLI::ValidationError *>(&wrong) != nullptr && colon != said.npos)
    return fmt::format("'{}' {}", said.substr(0, colon), said.substr(colon + 2));
  return said;
}

} // namespace

CLI::Validator one_of(std::vector<std::string> words) {
  std::string type = fmt::format("{{{}}}", fmt::join(words, ","));
  return CLI::Validator(
      [words = std::move(words)](const std::string &value) {
        for (const std::string &word : words)
          if (word == value) return std::string();
        return fmt::format("takes one of {}, not '{}'{}", fmt::join(words, ", "), value, hint(value, words));
      },
      std::move(type));
}

CLI::Validator between(long least, long most) {
  return CLI::Validator(
      [=](const std::string &value) {
        long number = 0;
        const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
        const bool is_good =
            failure == std::errc() && end == value.data() + value.size() && number >= least && number <= most;
        return is_good ? "" : fmt::format("takes a number from {} to {}, not '{}'", least, most, value);
      },
      fmt::format("{}-{}", least, most));
}

CLI::Validator seconds() {
  return CLI::Validator(
      [](const std::string &value) {
        double number = 0;
        const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
        const bool is_good = failure == std::errc() && end == value.data() + value.size() && number >= 0 && number < 1e9;
        return is_good ? "" : fmt::format("takes seconds, such as 2 or 0.5, not '{}'", value);
      },
      "");
}

CLI::Validator byte_size() {
  return CLI::Validator(
      [](std::string &value) {
        std::string given = value;
        try {
          if (CLI::AsSizeValue(/*kb_is_1000=*/false)(value).empty()) return std::string();
        } catch (const CLI::Error &) { // it throws for some, says it for others
        }
        return fmt::format("takes a size, such as 512M or 4G, not '{}'", given);
      },
      "");
}

std::vector<std::string> with_help_spelled(std::vector<std::string> words) {
  if (words.empty()) return words;
  if (words[0] == "version") words[0] = "--version";
  if (words[0] != "help") return words;
  words.erase(words.begin());
  if (!words.empty() && words[0] == "help") words.erase(words.begin());
  words.emplace_back("--help");
  return words;
}

std::vector<std::string> values_of(const CLI::Option &option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{'), end = type.find('}', std::min(begin, type.size()));
  std::vector<std::string> words;
  if (begin == type.npos || end == type.npos) return words;
  for (std::size_t at = begin + 1; at < end;) {
    const std::size_t comma = std::min(type.find(',', at), end);
    words.push_back(type.substr(at, comma - at));
    at = comma + 1;
  }
  return words;
}

std::string value_name(const CLI::Option &option) {
  const std::string type = option.get_type_name();
  const std::string name = type.substr(0, type.find(':'));
  return name.empty() ? "a value" : name;
}

int refuse_usage(const CLI::App &app, const CLI::ParseError &wrong) {
  const Chosen chosen = chosen_in(app);
  print_error(sentence(chosen, wrong));
  fmt::print(stderr, "{}\ntry '{} --help'\n", usage_line(chosen), chosen.name);
  return kUsedWrongly;
}

} // namespace graft::tool
