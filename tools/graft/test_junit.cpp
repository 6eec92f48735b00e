// See test_junit.hpp.
#include "test_junit.hpp"

#include "test_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace graft::tool {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD"; // U+FFFD

/// Of the well-formed UTF-8 sequence of a character that XML 1.0 takes, at the beginning; 0 for anything else.
std::size_t size_of_character(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
  if (at(0) < 0x80) return at(0) >= 32 || at(0) == '\t' || at(0) == '\n' || at(0) == '\r' ? 1 : 0;
  if (at(0) >= 0xc2 && at(0) <= 0xdf) return follows(1) ? 2 : 0;
  if (at(0) >= 0xe0 && at(0) <= 0xef) {
    const unsigned code = (at(0) & 15) << 12 | (at(1) & 63) << 6 | (at(2) & 63);
    const bool is_taken = code >= 0x800 && (code < 0xd800 || code > 0xdfff) && code < 0xfffe;
    return follows(1) && follows(2) && is_taken ? 3 : 0;
  }
  if (at(0) >= 0xf0 && at(0) <= 0xf4) {
    const unsigned code = (at(0) & 7) << 18 | (at(1) & 63) << 12 | (at(2) & 63) << 6 | (at(3) & 63);
    return follows(1) && follows(2) && follows(3) && code >= 0x10000 && code <= 0x10ffff ? 4 : 0;
  }
  return 0;
}

std::string_view escaped(char character) {
  switch (character) {
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '&':
    return "&amp;";
  case '"':
    return "&quot;";
  case '\n':
    return "&#10;";
  case '\r':
    return "&#13;";
  case '\t':
    return "&#9;";
  default:
    return {};
  }
}

std::string xml_text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t size = size_of_character(text);
    const std::string_view written = size == 1 ? escaped(text[0]) : std::string_view();
    result += size == 0 ? kReplacement : written.empty() ? text.substr(0, size) : written;
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return result;
}

std::string failure_text(const TestResult &result) {
  std::string text;
  for (const TestFailure &failure : result.failures) text += (text.empty() ? "" : "\n") + place_of(failure) + failure.text;
  return text;
}

std::string junit_case(const TestResult &result) {
  std::string xml =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">", xml_text(result.bundle),
                  xml_text(result.name), static_cast<double>(result.nanoseconds) / 1e9);
  if (is_failure(result.verdict)) {
    const std::string text = failure_text(result);
    const char *const element = result.verdict == Verdict::kFailed ? "failure" : "error";
    xml += fmt::format("<{0} type=\"{1}\" message=\"{2}\">{3}</{0}>", element, to_string(result.verdict),
                       xml_text(text.substr(0, text.find('\n'))), xml_text(text));
  }
  if (result.verdict == Verdict::kSkipped) xml += fmt::format("<skipped message=\"{}\"/>", xml_text(result.skipped));
  if (!result.output.empty()) xml += "<system-out>" + xml_text(result.output) + "</system-out>";
  return xml + "</testcase>\n";
}

} // namespace

std::string junit_of(const TestReport &report) {
  std::set<std::string> bundles;
  for (const TestResult &result : report.results) bundles.insert(result.bundle);
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const std::string &bundle : bundles) {
    std::string cases;
    std::uint64_t tests = 0, failures = 0, errors = 0, skipped = 0, nanoseconds = 0;
    for (const TestResult &result : report.results) {
      if (result.bundle != bundle) continue;
      cases += junit_case(result);
      ++tests, nanoseconds += result.nanoseconds;
      failures += result.verdict == Verdict::kFailed, skipped += result.verdict == Verdict::kSkipped;
      errors += is_failure(result.verdict) && result.verdict != Verdict::kFailed;
    }
    xml += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
                       "time=\"{:.3f}\">\n{}  </testsuite>\n",
                       xml_text(bundle), tests, failures, errors, skipped, static_cast<double>(nanoseconds) / 1e9, cases);
  }
  for (const BrokenBundle &broken : report.broken)
    xml +=
        fmt::format("  <testsuite name=\"{0}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" time=\"0\">\n"
                    "    <testcase classname=\"{0}\" name=\"loads\" time=\"0\"><error type=\"broken\" "
                    "message=\"{1}\">{2}</error></testcase>\n"
                    "  </testsuite>\n",
                    xml_text(broken.bundle), xml_text(broken.text.substr(0, broken.text.find('\n'))), xml_text(broken.text));
  return xml + "</testsuites>\n";
}

} // namespace graft::tool
