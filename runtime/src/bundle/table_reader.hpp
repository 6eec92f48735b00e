// Takes keys out of one TOML table, each with its type and place; what is wrong is said at its line and column. Only
// manifest.cpp and its parts include this: toml++ is a large header.
#pragma once

#include "manifest.hpp"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
// What toml++ tells the optimiser of its own state does not hold for every damaged text (a fuzz test under UBSan shows it), and code behind
// such a promise may do anything: it promises nothing here.
#include <toml++/impl/preprocessor.h>
#undef TOML_ASSUME
#define TOML_ASSUME(...) static_assert(true)
#include <toml++/toml.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// The words that may stand somewhere.
using Choices = std::span<const std::string_view>;

/// Owns nothing; lives as long as the parse. `inside` says which table it is, for messages: "" or " in 'limits'".
class TableReader {
 public:
  TableReader(const toml::table &table, const std::string &file, std::string inside = {})
      : table_(table), file_(file), inside_(std::move(inside)) {}

  bool has(std::string_view key) const { return table_.contains(key); }
  const toml::node *get(std::string_view key) const { return table_.get(key); }
  const toml::table &table() const { return table_; }
  const std::string &file() const { return file_; }
  SourcePos place(const toml::node &node) const { return place(node.source().begin); }
  SourcePos place(const toml::source_position &position) const { return {file_, position.line, position.column}; }
  /// Of the table itself.
  SourcePos place() const { return place(table_); }

  Result<void> refuse_unknown_keys(Choices known) const;

  /// The text of a key; its `where.line` is 0 when the key is not there.
  Result<Word> word(std::string_view key) const;
  /// The same of a node, which messages call `what`.
  Result<Word> word(const toml::node &node, const std::string &what) const;
  /// The texts of a list; empty when the key is not there.
  Result<std::vector<Word>> words(std::string_view key) const;
  /// A list of anything; null when the key is not there. `example` shows how one is written.
  Result<const toml::array *> list(std::string_view key, const char *example) const;
  Result<std::optional<std::int64_t>> integer(std::string_view key, std::int64_t lowest, std::int64_t highest) const;
  /// False when the key is not there.
  Result<bool> yes_or_no(std::string_view key) const;
  /// Which of `choices` the key names; the first when it is not there.
  Result<std::size_t> choice(std::string_view key, Choices choices) const;
  Result<std::size_t> choice(const Word &word, const std::string &what, Choices choices) const;

 private:
  const toml::table &table_;
  const std::string &file_;
  std::string inside_;
};

/// "a string", "an integer": for "is a list; wanted a string".
const char *word_for(toml::node_type type);

/// "'a', 'b' and 'c'".
std::string quoted_words(Choices words);

} // namespace graft
