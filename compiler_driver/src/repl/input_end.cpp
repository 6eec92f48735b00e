// See input_end.hpp.
#include "input_end.hpp"

#include <clang/Lex/Preprocessor.h>

#include <algorithm>
#include <utility>

namespace graft::driver {

InputEnd::InputEnd(clang::Preprocessor &preprocessor, Watcher also) : preprocessor_(preprocessor), also_(std::move(also)) {
  preprocessor.setTokenWatcher([this](const clang::Token &token) { see(token); });
}

void InputEnd::see(const clang::Token &token) {
  if (also_) also_(token);
  switch (token.getKind()) {
  case clang::tok::l_paren:
    ++open_[0];
    return;
  case clang::tok::l_square:
    ++open_[1];
    return;
  case clang::tok::l_brace:
    ++open_[2];
    has_braces_ = true;
    return;
  case clang::tok::r_paren:
    open_[0] = std::max(open_[0] - 1, 0);
    return;
  case clang::tok::r_square:
    open_[1] = std::max(open_[1] - 1, 0);
    return;
  case clang::tok::r_brace:
    open_[2] = std::max(open_[2] - 1, 0);
    return;
  default:
    break;
  }
  const bool is_whole = std::ranges::all_of(open_, [](int open) { return open == 0; });
  // Who skips what is wrong may skip the end of a block, too, and is inside of it where all are closed.
  const bool may_be_inside = has_braces_ && preprocessor_.getDiagnostics().hasErrorOccurred();
  if (!token.is(clang::tok::annot_repl_input_end) || (is_whole && !may_be_inside)) return;
  clang::Token end;
  end.startToken();
  end.setKind(clang::tok::eof);
  end.setLocation(token.getLocation());
  const bool is_kept = preprocessor_.IsPreviousCachedToken(token); // what looks ahead and comes back reads it again
  const_cast<clang::Token &>(token) = end;                         // the preprocessor's own, which the parser is about to get
  if (is_kept) preprocessor_.ReplacePreviousCachedToken(end);
}

} // namespace graft::driver
