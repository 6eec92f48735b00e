// One function per shape of a value.
#include "table_reader.hpp"

#include "text_parts.hpp"

#include <graft/base/near.hpp>

namespace graft {

const char *word_for(toml::node_type type) {
  switch (type) {
  case toml::node_type::table:
    return "a table";
  case toml::node_type::array:
    return "a list";
  case toml::node_type::string:
    return "a string";
  case toml::node_type::integer:
    return "an integer";
  case toml::node_type::floating_point:
    return "a number with a fraction";
  case toml::node_type::boolean:
    return "true or false";
  default:
    return "a date or time";
  }
}

std::string quoted_words(Choices words) {
  std::string text;
  for (std::size_t index = 0; index < words.size(); ++index)
    text += (index == 0 ? "'" : index + 1 == words.size() ? " and '" : ", '") + std::string(words[index]) + "'";
  return text;
}

Result<void> TableReader::refuse_unknown_keys(Choices known) const {
  for (const auto &[key, value] : table_) {
    const std::string name(key.str());
    if (std::ranges::find(known, name) != known.end()) continue;
    const std::string near = nearest(name, {known.begin(), known.end()});
    return error(Code::kInvalid,
                 "unknown key '" + one_line(name) + "'" + inside_ + "; " +
                     (near.empty() ? "known are " + quoted_words(known) : "did you mean '" + near + "'?"),
                 place(key.source().begin));
  }
  return {};
}

Result<Word> TableReader::word(const toml::node &node, const std::string &what) const {
  const auto *text = node.as_string();
  if (text == nullptr)
    return error(Code::kInvalid, what + " is " + word_for(node.type()) + "; wanted a string", place(node));
  if (text->get().empty()) return error(Code::kInvalid, what + " is empty", place(node));
  if (text->get().find('\0') != std::string::npos) return error(Code::kInvalid, what + " holds a zero byte", place(node));
  return Word{text->get(), place(node)};
}

Result<Word> TableReader::word(std::string_view key) const {
  const toml::node *node = get(key);
  if (node == nullptr) return Word{};
  return word(*node, "'" + std::string(key) + "'" + inside_);
}

Result<const toml::array *> TableReader::list(std::string_view key, const char *example) const {
  const toml::node *node = get(key);
  if (node == nullptr) return nullptr;
  if (const toml::array *list = node->as_array()) return list;
  return error(Code::kInvalid,
               "'" + std::string(key) + "'" + inside_ + " is " + word_for(node->type()) + "; wanted a list, such as " +
                   example,
               place(*node));
}

Result<std::vector<Word>> TableReader::words(std::string_view key) const {
  GRAFT_TRY_ASSIGN(const toml::array *list, this->list(key, "[\"...\"]"));
  std::vector<Word> words;
  if (list == nullptr) return words;
  for (const toml::node &element : *list) {
    GRAFT_TRY_ASSIGN(Word one, word(element, "an element of '" + std::string(key) + "'" + inside_));
    words.push_back(std::move(one));
  }
  return words;
}

Result<std::optional<std::int64_t>> TableReader::integer(std::string_view key, std::int64_t lowest,
                                                         std::int64_t highest) const {
  const toml::node *node = get(key);
  if (node == nullptr) return std::optional<std::int64_t>();
  const std::string quoted = "'" + std::string(key) + "'" + inside_;
  const auto *number = node->as_integer();
  if (number == nullptr)
    return error(Code::kInvalid, quoted + " is " + word_for(node->type()) + "; wanted an integer", place(*node));
  if (number->get() < lowest || number->get() > highest)
    return error(Code::kInvalid,
                 quoted + " is " + std::to_string(number->get()) + "; wanted " + std::to_string(lowest) + " to " +
                     std::to_string(highest),
                 place(*node));
  return std::optional(number->get());
}

Result<bool> TableReader::yes_or_no(std::string_view key) const {
  const toml::node *node = get(key);
  if (node == nullptr) return false;
  if (const auto *value = node->as_boolean()) return value->get();
  return error(Code::kInvalid,
               "'" + std::string(key) + "'" + inside_ + " is " + word_for(node->type()) + "; wanted true or false",
               place(*node));
}

Result<std::size_t> TableReader::choice(const Word &word, const std::string &what, Choices choices) const {
  const auto found = std::ranges::find(choices, word.text);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  return error(Code::kInvalid, what + " is '" + one_line(word.text) + "'; wanted one of " + quoted_words(choices),
               word.where);
}

Result<std::size_t> TableReader::choice(std::string_view key, Choices choices) const {
  GRAFT_TRY_ASSIGN(const Word word, this->word(key));
  if (word.where.line == 0) return std::size_t{0};
  return choice(word, "'" + std::string(key) + "'" + inside_, choices);
}

} // namespace graft
