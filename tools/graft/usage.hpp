// A command line that is wrong, told as a sentence: what is wrong, what was meant, and what to type.
#pragma once

#include "command.hpp"

#include <string>
#include <vector>

namespace graft::tool {

// Checks of options' values, whose messages follow the option's name.
/// The words are part of the help, and of completion.
CLI::Validator one_of(std::vector<std::string> words);
CLI::Validator between(long least, long most);
/// A real number, not negative.
CLI::Validator seconds();
/// 100, 100k, 512M, 4G: replaced by the number of bytes.
CLI::Validator byte_size();

/// `help COMMAND` as `COMMAND --help`, `version` as `--version`; everything else as it is.
std::vector<std::string> with_help_spelled(std::vector<std::string> words);

/// The words of `{a,b}` in what CLI11 calls an option's type: what its value can be. Empty for any value.
std::vector<std::string> values_of(const CLI::Option &option);

/// What an option's value is called in the help, without the words that it can be.
std::string value_name(const CLI::Option &option);

/// Says on stderr what is wrong with the words that `app` refused.
int refuse_usage(const CLI::App &app, const CLI::ParseError &wrong);

} // namespace graft::tool
