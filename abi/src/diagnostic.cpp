// Diagnostics as plain text, in the form that people know from clang.
#include <graft/base/diagnostic.hpp>

#include <algorithm>

namespace graft {
namespace {

void append_underline(std::string &text, const Diagnostic &diagnostic) {
  if (diagnostic.snippet.empty()) return;
  text += diagnostic.snippet;
  text += '\n';
  if (diagnostic.where.column == 0) return;
  const std::size_t caret = diagnostic.where.column;
  const std::size_t begin = diagnostic.caret_begin != 0 ? diagnostic.caret_begin : caret;
  const std::size_t end = std::max<std::size_t>(diagnostic.caret_end, caret + 1);
  for (std::size_t column = 1; column < std::max(end, begin); ++column) {
    const bool is_tab = column <= diagnostic.snippet.size() && diagnostic.snippet[column - 1] == '\t';
    const bool is_underlined = column >= begin && column < end;
    text += column == caret ? '^' : is_underlined ? '~' : is_tab ? '\t' : ' ';
  }
  text += '\n';
}

void append(std::string &text, const Diagnostic &diagnostic) {
  if (!diagnostic.where.file.empty()) text += to_string(diagnostic.where) + ": ";
  text += to_string(diagnostic.severity);
  text += ": " + diagnostic.message;
  if (!diagnostic.option.empty()) text += " [" + diagnostic.option + "]";
  text += '\n';
  append_underline(text, diagnostic);
  for (const FixIt &fixit : diagnostic.fixits) {
    text += to_string(fixit.begin) + ": fix: ";
    text += fixit.replacement.empty() ? "remove this" : "write '" + fixit.replacement + "'";
    text += '\n';
  }
  for (const Diagnostic &note : diagnostic.notes) append(text, note);
}

} // namespace

std::string to_string(const SourcePos &pos) {
  std::string text = pos.file;
  if (pos.line == 0) return text;
  text += ':' + std::to_string(pos.line);
  if (pos.column != 0) text += ':' + std::to_string(pos.column);
  return text;
}

const char *to_string(Severity severity) noexcept {
  switch (severity) {
  case Severity::kNote: return "note";
  case Severity::kRemark: return "remark";
  case Severity::kWarning: return "warning";
  case Severity::kError: return "error";
  case Severity::kFatal: return "fatal error";
  }
  return "error";
}

std::string render(const Diagnostic &diagnostic) {
  std::string text;
  append(text, diagnostic);
  return text;
}

std::string render(const std::vector<Diagnostic> &diagnostics) {
  std::string text;
  for (const Diagnostic &diagnostic : diagnostics) append(text, diagnostic);
  return text;
}

} // namespace graft
