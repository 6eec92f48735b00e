// See head_text.hpp. Clang's lexer knows where the first declaration begins; which conditionals are open there, it writes
// into the preamble.
#include "head_text.hpp"

#include <clang/Lex/Lexer.h>

namespace graft::driver {
namespace {

/// Walks over `text`'s lines and tells of each directive's name and what stands behind it.
template <class Visit>
void each_directive(llvm::StringRef text, Visit visit) {
  while (!text.empty()) {
    llvm::StringRef line;
    std::tie(line, text) = text.split('\n');
    line = line.ltrim();
    if (!line.consume_front("#")) continue;
    line = line.ltrim();
    const llvm::StringRef name =
        line.take_while([](char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; });
    visit(name, line.drop_front(name.size()).ltrim());
  }
}

} // namespace

HeadText head_of(std::string_view source, const clang::LangOptions &language) {
  const clang::PreambleBounds bounds = clang::Lexer::ComputePreamble(llvm::StringRef(source), language);
  HeadText head{source.substr(0, bounds.Size), bounds.PreambleEndsAtStartOfLine};
  bool includes = false;
  each_directive(head.text, [&](llvm::StringRef name, llvm::StringRef rest) {
    if (name != "include" && name != "include_next" && name != "import" && name != "embed") return;
    includes = true;
    if (!rest.starts_with("<")) head.has_quoted_include = true; // or a macro: it may be
  });
  if (!includes) head.text = {};
  return head;
}

} // namespace graft::driver
