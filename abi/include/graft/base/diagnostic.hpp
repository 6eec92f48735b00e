// Where something is in a source text, and what a compiler has to say about it, as data.
//
// How a diagnostic looks on a terminal is a tool's business (`render` gives the one plain form that everybody shares).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "export.hpp"

namespace graft {

/// A place in a text. `line` and `column` count from 1; 0 means "not known".
struct SourcePos {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  bool operator==(const SourcePos &) const = default;
};

/// `file:line:column`, without the parts that are not known.
GRAFT_API std::string to_string(const SourcePos &pos);

enum class Severity : std::uint8_t { kNote, kRemark, kWarning, kError, kFatal };

/// "note", "remark", "warning", "error", "fatal error": the words that clang prints.
GRAFT_API const char *to_string(Severity severity) noexcept;

/// Replace the text from `begin` to `end` (same file, `end` exclusive) with `replacement`.
struct FixIt {
  SourcePos begin;
  SourcePos end;
  std::string replacement;
};

/// One message of the compiler. Notes that belong to it are its children, in the order they were given.
struct Diagnostic {
  Severity severity = Severity::kError;
  SourcePos where;
  std::string message;
  std::string option;   ///< the flag that controls it, such as "-Wunused-variable"; may be empty
  std::string snippet;  ///< the source line, without its end; may be empty
  std::uint32_t caret_begin = 0;  ///< first underlined column of `snippet`, from 1; 0 for none
  std::uint32_t caret_end = 0;    ///< one past the last underlined column
  std::vector<FixIt> fixits;
  std::vector<Diagnostic> notes;
};

/// `file:line:column: error: message [-Woption]`, the snippet and a caret line, then the notes. Plain text, no colour; ends
/// with a line feed.
GRAFT_API std::string render(const Diagnostic &diagnostic);
GRAFT_API std::string render(const std::vector<Diagnostic> &diagnostics);

}  // namespace graft
