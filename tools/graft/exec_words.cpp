// One pass over the words, with the flags whose value is a word of its own.
#include "exec_words.hpp"

#include "cache_option.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace graft::tool {
namespace {

constexpr std::array<std::string_view, 8> kEndings = {".c", ".cc", ".cpp", ".cxx", ".c++", ".C", ".bc", ".ll"};
constexpr std::array<std::string_view, 9> kTwoWords = {"-D",       "-U",      "-I",         "-include", "-imacros",
                                                       "-isystem", "-iquote", "-idirafter", "-isysroot"};
/// What says where compiled code should go: nowhere but into this process.
constexpr std::array<std::string_view, 6> kOutputs = {"-o", "-c", "-S", "-E", "-shared", "-static"};

template <class List>
bool has(const List &list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

bool ends_like_source(std::string_view word) {
  return std::ranges::any_of(kEndings,
                             [&](std::string_view ending) { return word.size() > ending.size() && word.ends_with(ending); });
}

bool ends_like_library(std::string_view word) {
  return word.ends_with(".so") || word.find(".so.") != word.npos || word.ends_with(".a") || word.ends_with(".o");
}

bool is_there(const std::string &path) {
  std::error_code failure;
  return std::filesystem::status(path, failure).type() != std::filesystem::file_type::not_found;
}

bool is_script(const std::string &path) {
  char head[2] = {};
  std::ifstream(path, std::ios::binary).read(head, 2);
  return head[0] == '#' && head[1] == '!';
}

/// Reads the words one by one. For one command line.
class Reader {
 public:
  explicit Reader(const std::vector<std::string> &words) : words_(words) {}

  Result<ExecWords> read() {
    for (; next_ < words_.size(); ++next_) {
      const std::string &word = words_[next_];
      if (word == "--") {
        ++next_;
        break;
      }
      if (word.size() > 1 && word.starts_with('-')) {
        GRAFT_TRY(take_flag(word));
        continue;
      }
      if (!options().sources.empty() && !ends_like_source(word) && !ends_like_library(word)) break;
      GRAFT_TRY(take_file(word));
      if (!options().sources.empty() && options().sources.back() == word && is_script(word)) {
        ++next_;
        break;
      }
    }
    if (options().sources.empty()) return error(Code::kInvalid, "'graft exec' needs a source file; see 'graft exec --help'");
    result_.arguments.push_back(options().sources.front());
    result_.arguments.insert(result_.arguments.end(), words_.begin() + static_cast<std::ptrdiff_t>(next_), words_.end());
    return std::move(result_);
  }

 private:
  ProgramOptions &options() { return result_.options; }

  Result<std::string> value(const std::string &flag) {
    if (next_ + 1 == words_.size()) return error(Code::kInvalid, fmt::format("flag '{}' wants a value behind it", flag));
    return words_[++next_];
  }

  Result<void> take_flag(const std::string &word) {
    if (has(kOutputs, word))
      return error(Code::kInvalid, fmt::format("flag '{}' means nothing here: the program is run, not written", word));
    if (word.starts_with("-Wl,"))
      return error(Code::kInvalid, fmt::format("flag '{}' is for a linker that does not run", word));
    if (word == "--cache") {
      GRAFT_TRY_ASSIGN(const std::string place, value(word));
      take_cache_place(place, options().cache);
    } else if (word == "-l" || word == "-L" || word == "-x") {
      GRAFT_TRY_ASSIGN(std::string text, value(word));
      take_long_flag(word, std::move(text));
    } else if (word.starts_with("-l") || word.starts_with("-L") || word.starts_with("-x")) {
      take_long_flag(word.substr(0, 2), word.substr(2));
    } else if (word.starts_with("--std=")) {
      options().flags.push_back(word.substr(1));
    } else if (has(kTwoWords, word)) {
      GRAFT_TRY_ASSIGN(std::string text, value(word));
      options().flags.push_back(word);
      options().flags.push_back(std::move(text));
    } else {
      options().flags.push_back(word);
    }
    return {};
  }

  void take_long_flag(const std::string &flag, std::string text) {
    if (flag == "-l")
      options().libraries.push_back(std::move(text));
    else if (flag == "-L")
      options().library_dirs.push_back(std::move(text));
    else
      options().language = std::move(text);
  }

  Result<void> take_file(const std::string &word) {
    if (!is_there(word))
      return error(Code::kInvalid,
                   fmt::format("there is no '{}'{}", word,
                               options().sources.empty() ? "" : "; put '--' before the program's arguments"));
    if (std::error_code failure; std::filesystem::is_directory(word, failure))
      return error(Code::kInvalid, fmt::format("'{0}' is a folder, and 'graft exec' runs a program's files; "
                                               "if it is a bundle: graft run {0}", word));
    if (ends_like_library(word) && !ends_like_source(word))
      options().libraries.push_back(std::filesystem::absolute(word).string());
    else
      options().sources.push_back(word);
    return {};
  }

  const std::vector<std::string> &words_;
  std::size_t next_ = 0;
  ExecWords result_;
};

} // namespace

Result<ExecWords> parse_exec_words(const std::vector<std::string> &words) { return Reader(words).read(); }

} // namespace graft::tool
