// The head of a source: the directives and comments before its first declaration, where its `#include`s stand.
#pragma once

#include <cstddef>
#include <string_view>

namespace clang {
class LangOptions;
}

namespace graft::driver {

struct HeadText {
  std::string_view text;           ///< the first bytes of the source; empty when there is no `#include` among them
  bool ends_at_line_start = false; ///< whether what follows begins a line
  bool has_quoted_include = false; ///< whether it matters which folder the source lies in
};

/// Borrows `source`.
HeadText head_of(std::string_view source, const clang::LangOptions &language);

} // namespace graft::driver
