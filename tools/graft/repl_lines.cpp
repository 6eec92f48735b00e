// See repl_lines.hpp.
#include "repl_lines.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

namespace graft::tool {
namespace {

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\n") == line.npos; }

/// A comment that documents what comes behind it: it is one input with that.
bool only_documents(std::string_view text) {
  const auto begins = [](std::string_view line) { return line.substr(std::min(line.find_first_not_of(" \t"), line.size())); };
  const std::string_view first = begins(text);
  if (first.starts_with("/**") || first.starts_with("/*!")) {
    const std::size_t end = first.find("*/", 3);
    return end != first.npos && is_blank(first.substr(end + 2));
  }
  if (!first.starts_with("///") && !first.starts_with("//!")) return false;
  for (std::size_t at = 0; at < text.size(); at = std::min(text.find('\n', at), text.size() - 1) + 1)
    if (const std::string_view line = begins(text.substr(at)); !line.starts_with("//") && !line.empty() && line[0] != '\n') return false;
  return true;
}

} // namespace

std::optional<std::string> InputReader::take(Prompt prompt) {
  ++line_;
  if (ahead_) return std::exchange(ahead_, std::nullopt);
  return read_(prompt);
}

std::optional<Question> InputReader::next() {
  std::optional<std::string> line = take(Prompt::kFirst);
  while (line && (is_blank(*line) || *line == kGivenUp)) line = take(Prompt::kFirst);
  if (!line) return std::nullopt;
  Question question;
  question.name = name_;
  question.line = line_;
  question.text = *line;
  if (line->starts_with("#!")) {
    question.text.clear(); // how a script names its interpreter
    return question;
  }
  if (const std::size_t first = line->find_first_not_of(" \t"); (*line)[first] == '%') {
    question.what = Asks::kCommand;
    return question;
  }
  InputText text;
  text.add_line(*line);
  for (;;) {
    const bool is_documentation = only_documents(text.text());
    const Whole whole = is_documentation ? Whole::kNo : text.whole();
    if (whole != Whole::kNo) {
      if (!looks_ahead(whole)) break;
      ahead_ = read_(Prompt::kMore);
      if (!ahead_ || !continues(*ahead_)) break;
    }
    const std::optional<std::string> more = take(Prompt::kMore);
    if (more == kGivenUp) return next();
    if (more && is_documentation && more->starts_with('%')) {
      ahead_ = more;
      --line_;
      break;
    }
    if (!more || (ahead_of_ == Ahead::kNo && is_blank(*more) && is_whole(text.text() + ";") == Whole::kYes)) break;
    text.add_line(*more);
  }
  question.text = text.text();
  return question;
}

bool InputReader::looks_ahead(Whole whole) const {
  return ahead_of_ == Ahead::kAlways || (ahead_of_ == Ahead::kWhenUnsure && whole == Whole::kUnlessContinued);
}

InputReader::ReadLine lines_of(std::string text) {
  return [text = std::move(text), at = std::size_t{0}](Prompt) mutable -> std::optional<std::string> {
    if (at >= text.size()) return std::nullopt;
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    return line;
  };
}

InputReader::ReadLine lines_of(int descriptor) {
  return [descriptor, rest = std::string(), ended = false](Prompt) mutable -> std::optional<std::string> {
    for (;;) {
      if (const std::size_t end = rest.find('\n'); end != rest.npos) {
        std::string line = rest.substr(0, end);
        rest.erase(0, end + 1);
        return line;
      }
      if (ended) return rest.empty() ? std::nullopt : std::optional(std::exchange(rest, {}));
      char bytes[4096];
      const ssize_t read = ::read(descriptor, bytes, sizeof bytes);
      if (read < 0 && errno == EINTR) continue;
      if (read <= 0)
        ended = true;
      else
        rest.append(bytes, static_cast<std::size_t>(read));
    }
  };
}

} // namespace graft::tool
