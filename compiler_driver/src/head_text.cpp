// See head_text.hpp. Clang's lexer knows where the first declaration begins; which conditionals are open there, it writes
// into the preamble.
#include "head_text.hpp"

#include <clang/Lex/Lexer.h>

namespace graft::driver {
namespace {

/// A directive of a text without its `#`: where its line begins, its name, and the first word behind that.
struct Directive {
  std::size_t at;
  llvm::StringRef name, next;
};

/// Comments, spliced lines and digraphs are Clang's to read. `name` of `# 7 "file"` is the number.
template <class Visit>
void each_directive(llvm::StringRef text, const clang::LangOptions &language, Visit visit) {
  const std::string copy = text.str(); // what is read ends with a zero
  clang::Lexer lexer(clang::SourceLocation(), language, copy.data(), copy.data(), copy.data() + copy.size());
  const auto word = [&](const clang::Token &token, const char *end) {
    return llvm::StringRef(end - token.getLength(), token.getLength());
  };
  clang::Token token;
  while (!lexer.LexFromRawLexer(token) || token.isNot(clang::tok::eof)) {
    if (token.isNot(clang::tok::hash) || !token.isAtStartOfLine()) continue;
    const llvm::StringRef before = text.take_front(lexer.getBufferLocation() - copy.data());
    Directive directive{before.rfind('\n') + 1, {}, {}};
    lexer.LexFromRawLexer(token);
    if (token.is(clang::tok::eof)) return;
    directive.name = word(token, lexer.getBufferLocation());
    lexer.LexFromRawLexer(token);
    if (token.isNot(clang::tok::eof)) directive.next = word(token, lexer.getBufferLocation());
    visit(directive);
  }
}

bool renumbers_lines(llvm::StringRef directive) {
  return directive == "line" || (!directive.empty() && llvm::isDigit(directive.front()));
}

} // namespace

HeadText head_of(std::string_view source, const clang::LangOptions &language) {
  const clang::PreambleBounds bounds = clang::Lexer::ComputePreamble(llvm::StringRef(source), language);
  llvm::StringRef text(source.substr(0, bounds.Size));
  HeadText head;
  std::size_t end = text.size();
  bool includes = false;
  each_directive(text, language, [&](const Directive &directive) {
    // What it says of the lines behind it, a precompiled head does not carry on.
    if (renumbers_lines(directive.name)) end = std::min(end, directive.at);
    if (end != text.size()) return;
    const bool is_read = directive.name == "include" || directive.name == "include_next" || directive.name == "import" ||
                         directive.name == "embed";
    includes |= is_read;
    if (is_read && directive.next != "<") head.has_quoted_include = true; // or a macro: it may be
  });
  if (!includes) return head;
  text = text.take_front(end);
  head.text = std::string_view(text);
  // Clang says that of the first token behind, in front of which there may be a comment.
  const bool is_blank = text.substr(text.rfind('\n') + 1).trim().empty();
  head.ends_at_line_start = is_blank || (end == bounds.Size && bounds.PreambleEndsAtStartOfLine);
  return head;
}

} // namespace graft::driver
