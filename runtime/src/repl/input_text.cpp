// Where an input ends. Only brackets, quotes, comments and a few words are looked at, and how the last line ends: what the
// compiler would say comes later.
#include <graft/repl.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace graft {
namespace {

/// A statement that begins with one of these ends with `;` or `}`.
constexpr std::array<std::string_view, 13> kOpeners = {"struct", "class", "enum",   "union", "namespace", "template", "if",
                                                       "for",    "while", "switch", "else",  "do",        "typedef"};
constexpr std::array<std::string_view, 24> kTypeWords = {
    "void",      "bool",      "char",    "short",  "int",      "long",      "float",    "double",
    "signed",    "unsigned",  "auto",    "const",  "static",   "constexpr", "inline",   "extern",
    "consteval", "constinit", "virtual", "size_t", "noexcept", "friend",    "typename", "requires"};
/// Words that stand before another one in an expression.
constexpr std::array<std::string_view, 22> kExpressionWords = {
    "return", "throw", "new", "delete", "sizeof", "alignof", "co_await", "co_yield", "co_return", "not",    "goto",
    "case",   "and",   "or",  "xor",    "bitand", "bitor",   "not_eq",   "compl",    "using",     "typeid", "import"};
constexpr std::array<std::string_view, 5> kRawPrefixes = {"R", "LR", "uR", "UR", "u8R"};
constexpr std::string_view kOperators = ",=+-*/%&|<^?:!~.";

template <std::size_t N>
bool is_among(const std::array<std::string_view, N> &words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
/// Of a name or a number; what is not ASCII is of a name.
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

} // namespace

/// Reads each character once, however many lines come; a comment or raw string that is open at the end is begun again.
class InputText::Reader {
 public:
  void add(std::string_view line) {
    if (has_lines_) text_ += '\n';
    has_lines_ = true;
    text_ += line;
    open_ = false;
    while (at_ < text_.size() && !open_) step();
  }
  const std::string &text() const { return text_; }

  Whole whole() const {
    if (is_broken_) return Whole::kYes;
    if (open_ || !brackets_.empty() || !conditionals_.empty() || text_.ends_with('\\')) return Whole::kNo;
    if (!has_code_) return Whole::kYes;
    if (begun_dos_ > 0) return Whole::kNo;
    if (!is_in_statement_) return open_ifs_ > 0 || is_try_ ? Whole::kUnlessContinued : Whole::kYes;
    return ends_whole();
  }

 private:
  bool sees(std::string_view what) const { return std::string_view(text_).substr(at_).starts_with(what); }
  char before() const { return at_ == 0 ? '\n' : text_[at_ - 1]; }
  char after() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\n'; }

  void step() {
    const char c = text_[at_];
    if (c == '\n') is_line_start_ = true;
    if (is_space(c)) {
      ++at_;
      return;
    }
    if (sees("//")) return skip_line();
    if (sees("/*")) return skip_to("*/", at_, at_ + 2);
    if (c == '#' && is_line_start_) return take_directive();
    is_line_start_ = false;
    has_code_ = true;
    if (c == '"' || c == '\'') return skip_quoted(at_);
    if (is_word(c)) return take_word();
    take_sign(c);
    ++at_;
  }

  void take_sign(char c) {
    last_ = c;
    is_in_statement_ = true;
    if (c == '(' || c == '[' || c == '{') brackets_ += c;
    if (c == ')' || c == ']' || c == '}') close(c);
    if (!brackets_.empty()) return;
    has_parentheses_ |= c == ')';
    has_equals_ |= c == '=';
    // "Type *name", "Type& name", "Type<X> name"; not "a * b".
    is_of_type_ = ((c == '*' || c == '&') && is_space(before()) != is_space(after())) ||
                  (c == '>' && !is_space(before()) && is_space(after()) && before() != '-');
    if (c == ';' || c == '}') begin_statement();
  }

  void close(char c) {
    const char opener = c == ')' ? '(' : c == ']' ? '[' : '{';
    is_broken_ |= brackets_.empty() || brackets_.back() != opener; // it is not mended by more lines
    if (!brackets_.empty()) brackets_.pop_back();
  }

  void begin_statement() {
    first_word_.clear();
    words_ = 0;
    is_in_statement_ = has_equals_ = has_parentheses_ = is_of_type_ = declares_ = is_cast_ = false;
  }

  void take_word() {
    const std::size_t begin = at_;
    const bool is_number = is_digit(text_[at_]);
    while (at_ < text_.size() && (is_word(text_[at_]) || (is_number && text_[at_] == '\'' && is_word(after())))) ++at_;
    const std::string_view word = std::string_view(text_).substr(begin, at_ - begin);
    if (at_ < text_.size() && text_[at_] == '"' && is_among(kRawPrefixes, word)) return skip_raw(begin);
    if (brackets_.empty()) note(word, is_number);
    ++words_;
    last_ = 'a';
    is_in_statement_ = true;
  }

  void note(std::string_view word, bool is_number) {
    if (word == "do") ++begun_dos_;
    if (word == "while" && begun_dos_ > 0) --begun_dos_;
    const bool begins_chain = !is_in_statement_ && word != "else" && word != "catch";
    if (begins_chain) open_ifs_ = 0;
    if (begins_chain || word == "try") is_try_ = word == "try";
    if (word == "if") ++open_ifs_;
    if (word == "else" && open_ifs_ > 0) --open_ifs_;
    if (word == "catch" && catches_everything()) is_try_ = false;
    if (first_word_.empty()) {
      first_word_ = word;
      is_cast_ = at_ < text_.size() && text_[at_] == '(';
    } else {
      declares_ |=
          is_of_type_ && !is_number && !is_among(kExpressionWords, word) && !is_among(kExpressionWords, first_word_);
    }
    is_of_type_ = at_ < text_.size() && is_space(text_[at_]) && !is_number && !is_among(kExpressionWords, word);
  }

  bool catches_everything() const {
    const std::size_t open = std::min(text_.find_first_not_of(" \t", at_), text_.size());
    const std::size_t dots = std::min(text_.find_first_not_of(" \t", open + 1), text_.size());
    return text_.compare(open, 1, "(") == 0 && text_.compare(dots, 3, "...") == 0;
  }

  void skip_line() { at_ = std::min(text_.find('\n', at_), text_.size()); }

  /// What an `#if` opened is open in each of its branches: they are alternatives.
  void take_directive() {
    const std::size_t end = directive_end();
    open_ = end == text_.npos;
    if (open_) return;
    const std::size_t begin = text_.find_first_not_of(" \t", at_ + 1);
    const std::string_view word = std::string_view(text_).substr(std::min(begin, end), end - std::min(begin, end));
    if (word.starts_with("if")) conditionals_.push_back(brackets_);
    if (word.starts_with("el") && !conditionals_.empty()) brackets_ = conditionals_.back();
    if (word.starts_with("endif") && !conditionals_.empty()) conditionals_.pop_back();
    at_ = end;
  }
  /// Nothing when it goes on with the next line.
  std::size_t directive_end() const {
    std::size_t at = at_;
    for (; at < text_.size() && text_[at] != '\n'; ++at) {
      const std::string_view rest = std::string_view(text_).substr(at);
      if (rest.starts_with("//")) return std::min(text_.find('\n', at), text_.size());
      if (rest == "\\") return text_.npos;
      if (rest.starts_with("\\\n")) ++at;
      if (!rest.starts_with("/*")) continue;
      const std::size_t end = text_.find("*/", at + 2);
      if (end == text_.npos) return text_.npos;
      at = end + 1;
    }
    return at;
  }

  /// `begin` is where to begin again when there is no `end` yet.
  void skip_to(const std::string &end, std::size_t begin, std::size_t from) {
    const std::size_t found = text_.find(end, from);
    open_ = found == text_.npos;
    at_ = open_ ? begin : found + end.size();
  }
  void skip_quoted(std::size_t begin) {
    const char quote = text_[begin];
    std::size_t end = begin + 1;
    for (; end < text_.size() && text_[end] != quote && text_[end] != '\n'; ++end)
      if (text_[end] == '\\') ++end;
    open_ = end > text_.size(); // its line goes on with the next one
    at_ = open_ ? begin : std::min(end + 1, text_.size());
    if (!open_) end_literal();
  }
  void skip_raw(std::size_t begin) {
    const std::size_t parenthesis = text_.find('(', at_);
    if (parenthesis == text_.npos) return skip_quoted(at_);
    skip_to(")" + text_.substr(at_ + 1, parenthesis - at_ - 1) + "\"", begin, parenthesis);
    if (!open_) end_literal();
  }
  void end_literal() {
    last_ = '"';
    is_in_statement_ = true;
    is_of_type_ = false;
    ++words_;
  }

  Whole ends_whole() const {
    const std::string_view end = std::string_view(text_).substr(0, text_.find_last_not_of(" \t\r\n") + 1);
    if (end.ends_with("++") || end.ends_with("--")) return Whole::kYes;
    if (kOperators.find(last_) != kOperators.npos) return first_word_ == "operator" ? Whole::kYes : Whole::kNo;
    if (is_among(kOpeners, first_word_)) return Whole::kNo;
    if (first_word_ == "extern" && last_ == '"') return Whole::kNo;
    const bool is_head = has_parentheses_ && !has_equals_ && !is_cast_ && words_ > 1;
    if (is_head && is_among(kTypeWords, first_word_)) return Whole::kNo;
    return is_head && declares_ ? Whole::kUnlessContinued : Whole::kYes;
  }

  std::string text_;
  std::size_t at_ = 0;
  std::string brackets_;                  ///< those that are open
  std::vector<std::string> conditionals_; ///< `#if` without its `#endif`: what was open there
  int begun_dos_ = 0;                     ///< `do` without its `while`
  int open_ifs_ = 0;                      ///< `if` without an `else` yet
  bool is_try_ = false;
  bool has_lines_ = false;
  bool is_line_start_ = true;
  bool has_code_ = false;
  bool open_ = false;      ///< a comment or a raw string
  bool is_broken_ = false; ///< a bracket is closed that was not opened
  // Of the statement that was begun last, outside of brackets.
  std::string first_word_;
  int words_ = 0;
  char last_ = 0;
  bool is_in_statement_ = false;
  bool has_equals_ = false;
  bool has_parentheses_ = false;
  bool is_of_type_ = false; ///< a name that comes now is what is declared
  bool declares_ = false;
  bool is_cast_ = false;
};

InputText::InputText() : reader_(std::make_unique<Reader>()) {}
InputText::~InputText() = default;
void InputText::add_line(std::string_view line) { reader_->add(line); }
Whole InputText::whole() const { return reader_->whole(); }
const std::string &InputText::text() const { return reader_->text(); }

Whole is_whole(std::string_view text) {
  InputText input;
  input.add_line(text);
  return input.whole();
}

bool continues(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const auto begins_with = [&](std::string_view word) {
    return line.starts_with(word) && (line.size() == word.size() || !is_word(line[word.size()]));
  };
  return line.starts_with('{') || begins_with("else") || begins_with("catch") ||
         (line.starts_with(':') && !line.starts_with("::"));
}

} // namespace graft
