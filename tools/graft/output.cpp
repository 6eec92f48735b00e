// Text for people.
#include "output.hpp"

#include "places.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace graft::tool {
namespace {

bool has_colour(std::FILE *stream) {
  const char *forbidden = std::getenv("NO_COLOR");
  const char *terminal = std::getenv("TERM");
  if (forbidden != nullptr && *forbidden != '\0') return false;
  if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
  return ::isatty(::fileno(stream)) == 1;
}

const char *sequence(Ink ink) {
  switch (ink) {
  case Ink::kBold:
    return "\033[1m";
  case Ink::kRed:
    return "\033[1;31m";
  case Ink::kMagenta:
    return "\033[1;35m";
  case Ink::kCyan:
    return "\033[1;36m";
  case Ink::kGreen:
    return "\033[1;32m";
  case Ink::kDim:
    return "\033[2m";
  }
  return "";
}

Ink ink_of(Severity severity) {
  if (severity >= Severity::kError) return Ink::kRed;
  return severity == Severity::kWarning ? Ink::kMagenta : Ink::kCyan;
}

void shorten_all(std::vector<Diagnostic> &diagnostics) {
  for (Diagnostic &diagnostic : diagnostics) {
    diagnostic.where.file = shorten(diagnostic.where.file);
    for (FixIt &fixit : diagnostic.fixits) fixit.begin.file = shorten(fixit.begin.file);
    shorten_all(diagnostic.notes);
  }
}

/// The shared plain form, line by line: the head is painted, the underline green, the rest is as it is.
void print_painted(const Diagnostic &diagnostic) {
  Diagnostic alone = diagnostic;
  alone.notes.clear();
  std::string text = render(alone);
  std::string word = std::string(to_string(diagnostic.severity)) + ": ";
  const std::string place = diagnostic.where.file.empty() ? "" : to_string(diagnostic.where) + ": ";
  const std::size_t head_end = text.find('\n');
  const std::string rest =
      text.substr(std::min(head_end, place.size() + word.size()), head_end - std::min(head_end, place.size() + word.size()));
  fmt::print(stderr, "{}{}{}\n", paint(stderr, Ink::kBold, place), paint(stderr, ink_of(diagnostic.severity), word),
             paint(stderr, Ink::kBold, rest));
  text.erase(0, head_end + 1);
  if (!diagnostic.snippet.empty() && diagnostic.where.column != 0) {
    const std::size_t snippet_end = text.find('\n') + 1;
    const std::size_t caret_end = text.find('\n', snippet_end);
    fmt::print(stderr, "{}{}", text.substr(0, snippet_end),
               paint(stderr, Ink::kGreen, text.substr(snippet_end, caret_end - snippet_end)));
    text.erase(0, caret_end);
  }
  fmt::print(stderr, "{}", text);
  for (const Diagnostic &note : diagnostic.notes) print_painted(note);
}

} // namespace

std::string paint(std::FILE *stream, Ink ink, std::string_view text) {
  if (text.empty() || !has_colour(stream)) return std::string(text);
  return sequence(ink) + std::string(text) + "\033[0m";
}

std::string shorten(const std::string &path) {
  std::error_code failure;
  const std::string here = std::filesystem::current_path(failure).string() + "/", found = on_disk(path);
  return !failure && found.size() > here.size() && found.starts_with(here) ? found.substr(here.size()) : found;
}

void print_diagnostics(const std::vector<Diagnostic> &diagnostics) {
  std::vector<Diagnostic> shown = diagnostics;
  shorten_all(shown);
  for (const Diagnostic &diagnostic : shown) print_painted(diagnostic);
}

void print_error(const Error &error) {
  print_diagnostics(error.diagnostics);
  const auto says_it = [&](const Diagnostic &diagnostic) {
    return diagnostic.message == error.message && diagnostic.where == error.where;
  };
  if (std::ranges::any_of(error.diagnostics, says_it)) return;
  SourcePos where = error.where;
  where.file = shorten(where.file);
  const std::string head = where.file.empty() ? "graft: " : to_string(where) + ": ";
  fmt::print(stderr, "{}{}{}\n", paint(stderr, Ink::kBold, head), paint(stderr, Ink::kRed, "error: "),
             paint(stderr, Ink::kBold, error.message));
}

void print_error(std::string_view sentence) { print_error(Error{Code::kInvalid, std::string(sentence), {}, {}}); }

std::string duration(std::uint64_t nanoseconds) {
  if (nanoseconds < 1'000'000) return fmt::format("{:.0f} us", static_cast<double>(nanoseconds) / 1e3);
  return fmt::format("{:.2f} ms", static_cast<double>(nanoseconds) / 1e6);
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr const char *kUnits[] = {"kB", "MB", "GB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
  return fmt::format("{:.{}f} {}", value, value < 9.95 ? 1 : 0, kUnits[unit]);
}

std::string counted(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

} // namespace graft::tool
