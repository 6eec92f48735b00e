// Where an input ends. Only brackets, quotes and comments are looked at, and how the last line ends: what the compiler would say
// comes later.
#include <graft/repl.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace graft {
namespace {

constexpr std::array<std::string_view, 12> kOpeners = {"struct", "class",  "enum", "union",  "namespace", "template",
                                                       "if",     "for",    "while", "switch", "else",      "do"};
constexpr std::array<std::string_view, 24> kTypeWords = {
    "void",   "bool",     "char",  "short",  "int",       "long",      "float",  "double", "signed",   "unsigned", "auto",   "const",
    "static", "constexpr", "inline", "extern", "consteval", "constinit", "virtual", "size_t", "noexcept", "friend",   "typename", "requires"};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Reads a text once; says what is open at its end.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Whole read() {
    while (at_ < text_.size() && !open_) step();
    if (open_ || depth_ > 0 || conditionals_ > 0) return Whole::kNo;
    return ends_whole() ? Whole::kYes : Whole::kNo;
  }

 private:
  bool sees(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void step() {
    const char c = text_[at_];
    if (sees("//")) return skip_line();
    if (sees("/*")) return skip_to("*/", 2);
    if (c == '#' && is_line_start_) return skip_directive();
    if (c == '\n') {
      is_line_start_ = true;
      ++at_;
      return;
    }
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at_;
      return;
    }
    is_line_start_ = false;
    if (c == '"') return quote_begins_raw() ? skip_raw() : skip_quoted('"');
    if (c == '\'' && !is_digit_separator()) return skip_quoted('\'');
    if (is_word(c)) return take_word();
    if (c == '(' || c == '[' || c == '{') ++depth_;
    if (c == ')' || c == ']' || c == '}') --depth_;
    last_ = c;
    has_code_ = true;
    has_equals_ |= c == '=' && depth_ <= 0;
    if (depth_ <= 0 && (c == ';' || c == '}')) begin_statement();
    ++at_;
  }

  void begin_statement() {
    first_word_ = {};
    words_ = 0;
    has_equals_ = false;
  }

  void take_word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    last_word_ = text_.substr(begin, at_ - begin);
    if (first_word_.empty() && depth_ <= 0) {
      first_word_ = last_word_;
      is_cast_ = at_ < text_.size() && text_[at_] == '(';
    }
    ++words_;
    last_ = 'a';
    has_code_ = true;
  }

  void skip_line() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }
  void skip_directive() {
    const std::size_t word = std::min(text_.find_first_not_of(" \t", at_ + 1), text_.size());
    if (text_.substr(word).starts_with("if")) ++conditionals_;
    if (text_.substr(word).starts_with("endif")) --conditionals_;
    while (at_ < text_.size() && text_[at_] != '\n') {
      if (sees("\\\n")) at_ += 1;
      if (sees("/*")) {
        skip_to("*/", 2);
        continue;
      }
      ++at_;
      if (at_ == text_.size() && text_.ends_with('\\')) open_ = true;
    }
  }
  void skip_to(std::string_view end, std::size_t from) {
    const std::size_t found = text_.find(end, at_ + from);
    open_ = found == text_.npos;
    at_ = open_ ? text_.size() : found + end.size();
  }
  void skip_quoted(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n'; ++at_)
      if (text_[at_] == '\\') ++at_;
    at_ = std::min(at_ + 1, text_.size());
    last_ = quote;
    has_code_ = true;
    ++words_;
  }
  bool quote_begins_raw() const { return at_ > 0 && text_[at_ - 1] == 'R'; }
  void skip_raw() {
    const std::size_t paren = text_.find('(', at_);
    if (paren == text_.npos) return skip_quoted('"');
    skip_to(")" + std::string(text_.substr(at_ + 1, paren - at_ - 1)) + "\"", paren - at_);
    last_ = '"';
    has_code_ = true;
  }
  bool is_digit_separator() const { return at_ > 0 && is_word(text_[at_ - 1]) && at_ + 1 < text_.size() && is_word(text_[at_ + 1]); }

  bool ends_whole() const {
    if (!has_code_) return true;
    if (text_.ends_with('\\')) return false;
    static constexpr std::string_view kOperators = ",=+*/%&|<^?:!~.";
    const std::string_view end = text_.substr(0, text_.find_last_not_of(" \t\r\n") + 1);
    if (first_word_.empty()) return true;
    if (end.ends_with("++") || end.ends_with("--")) return true;
    if (kOperators.find(last_) != kOperators.npos) return first_word_ == "public" || first_word_ == "operator";
    if (last_ == ';' || last_ == '}') return true;
    if (std::ranges::find(kOpeners, first_word_) != kOpeners.end()) return false;
    // A function's head whose body begins on the next line; a cast is none.
    return !(last_ == ')' && !is_cast_ && !has_equals_ && words_ > 1 && std::ranges::find(kTypeWords, first_word_) != kTypeWords.end());
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int words_ = 0;
  int conditionals_ = 0; ///< `#if` without its `#endif`
  bool has_equals_ = false;
  char last_ = 0;
  bool is_line_start_ = true;
  bool has_code_ = false;
  bool is_cast_ = false;
  bool open_ = false;
  std::string_view first_word_;
  std::string_view last_word_;
};

} // namespace

Whole is_whole(std::string_view text) { return Reader(text).read(); }

bool continues(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const auto begins_with = [&](std::string_view word) {
    return line.starts_with(word) && (line.size() == word.size() || !is_word(line[word.size()]));
  };
  return line.starts_with('{') || begins_with("else") || begins_with("catch");
}

} // namespace graft
