// See test_report.hpp.
#include "test_report.hpp"

#include "output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string_view>

namespace graft::tool {
namespace {

std::string full_name(const TestResult &result) { return result.bundle + "." + result.name; }

std::uint64_t milliseconds(std::uint64_t nanoseconds) { return nanoseconds / 1'000'000; }

void print_mark(Ink ink, std::string_view mark, const std::string &text) {
  fmt::print("{} {}\n", paint(stdout, ink, fmt::format("[{}]", mark)), text);
}

std::size_t covered(const std::map<std::uint32_t, std::uint64_t> &lines) {
  return static_cast<std::size_t>(std::ranges::count_if(lines, [](const auto &line) { return line.second != 0; }));
}

/// "3-5, 9".
std::string missing(const std::map<std::uint32_t, std::uint64_t> &lines) {
  std::string text;
  for (auto line = lines.begin(); line != lines.end(); ++line) {
    if (line->second != 0) continue;
    auto last = line;
    for (auto next = std::next(line); next != lines.end() && next->second == 0; ++next) last = next;
    text += (text.empty() ? "" : ", ") + std::to_string(line->first);
    if (last != line) text += "-" + std::to_string(last->first);
    line = last;
  }
  return text;
}

} // namespace

std::string place_of(const TestFailure &failure) {
  return failure.file.empty() ? std::string() : fmt::format("{}:{}: ", shorten(failure.file), failure.line);
}

void print_result(const TestResult &result) {
  print_mark(Ink::kGreen, " RUN      ", full_name(result));
  fmt::print("{}{}", result.output, result.output.empty() || result.output.ends_with('\n') ? "" : "\n");
  for (const TestFailure &failure : result.failures) fmt::print("{}Failure\n{}\n", place_of(failure), failure.text);
  if (result.verdict == Verdict::kSkipped) fmt::print("Skipped: {}\n", result.skipped);
  const std::string line = fmt::format("{} ({} ms)", full_name(result), milliseconds(result.nanoseconds));
  switch (result.verdict) {
  case Verdict::kPassed:
    return print_mark(Ink::kGreen, "       OK ", line);
  case Verdict::kSkipped:
    return print_mark(Ink::kGreen, "  SKIPPED ", line);
  case Verdict::kFailed:
    return print_mark(Ink::kRed, "  FAILED  ", line);
  case Verdict::kCrashed:
    return print_mark(Ink::kRed, "  CRASHED ", line);
  case Verdict::kTimedOut:
    return print_mark(Ink::kRed, " TIMED OUT", line);
  }
}

void print_summary(const TestReport &report) {
  print_mark(Ink::kGreen, "==========",
             fmt::format("{} from {} ran. ({} ms total)", counted(report.results.size(), "test"),
                         counted(report.bundles, "bundle"), milliseconds(report.nanoseconds)));
  const std::uint64_t passed = report.count([](Verdict verdict) { return verdict == Verdict::kPassed; });
  const std::uint64_t skipped = report.count([](Verdict verdict) { return verdict == Verdict::kSkipped; });
  const std::uint64_t failed = report.count(is_failure);
  if (report.is_cut_short) fmt::print("Note: stopped at the first failure; what is not listed above was not run.\n");
  print_mark(Ink::kGreen, "  PASSED  ", counted(passed, "test") + ".");
  if (skipped != 0) print_mark(Ink::kGreen, "  SKIPPED ", counted(skipped, "test") + ".");
  if (failed != 0) print_mark(Ink::kRed, "  FAILED  ", counted(failed, "test") + ", listed below:");
  for (const TestResult &result : report.results)
    if (is_failure(result.verdict))
      print_mark(Ink::kRed, "  FAILED  ",
                 full_name(result) +
                     (result.verdict == Verdict::kFailed ? "" : fmt::format(" ({})", to_string(result.verdict))));
  for (const BrokenBundle &broken : report.broken)
    print_mark(Ink::kRed, "  BROKEN  ", shorten(broken.bundle) + ":\n" + broken.text);
  std::fflush(stdout);
}

void print_coverage(const Coverage &coverage) {
  std::size_t all = 0, ran = 0;
  for (const auto &[file, lines] : coverage) {
    all += lines.size(), ran += covered(lines);
    const std::string not_run = missing(lines);
    fmt::print("{:>4} of {:>4} lines  {}{}\n", covered(lines), lines.size(), shorten(file),
               not_run.empty() ? "" : "  not run: " + not_run);
  }
  if (all != 0)
    fmt::print("{:>4} of {:>4} lines  {:.1f} %\n", ran, all, 100.0 * static_cast<double>(ran) / static_cast<double>(all));
}

void print_lines(const Coverage &coverage) {
  for (const auto &[path, lines] : coverage) {
    fmt::print("{}:\n", shorten(path));
    std::ifstream file(path);
    std::uint32_t number = 0;
    for (std::string text; std::getline(file, text);) {
      const auto line = lines.find(++number);
      const std::string count = line == lines.end() ? std::string() : std::to_string(line->second);
      fmt::print("{:>8}  {:>6}  {}\n", count, number, text);
    }
  }
}

Json json_of(const TestReport &report) {
  Json json = {{"tests", Json::array()}, {"broken", Json::array()}};
  for (const TestResult &result : report.results) {
    Json test = {{"bundle", result.bundle},
                 {"name", result.name},
                 {"file", result.file},
                 {"line", result.line},
                 {"verdict", to_string(result.verdict)},
                 {"ns", result.nanoseconds}};
    for (const TestFailure &failure : result.failures) {
      Json entry = {{"text", failure.text}};
      if (!failure.file.empty()) entry["file"] = failure.file, entry["line"] = failure.line;
      test["failures"].push_back(entry);
    }
    if (!result.skipped.empty()) test["skipped"] = result.skipped;
    if (!result.output.empty()) test["output"] = result.output;
    json["tests"].push_back(test);
  }
  for (const BrokenBundle &broken : report.broken)
    json["broken"].push_back({{"bundle", broken.bundle}, {"text", broken.text}});
  json["passed"] = report.count([](Verdict verdict) { return verdict == Verdict::kPassed; });
  json["skipped"] = report.count([](Verdict verdict) { return verdict == Verdict::kSkipped; });
  json["failed"] = report.count(is_failure);
  if (report.seed != 0) json["seed"] = report.seed;
  if (report.is_cut_short) json["stopped_early"] = true;
  json["ns"] = report.nanoseconds;
  for (const auto &[file, lines] : report.coverage)
    for (const auto &[line, count] : lines) json["coverage"][file][std::to_string(line)] = count;
  return json;
}

std::string lcov_of(const Coverage &coverage) {
  std::string text;
  for (const auto &[file, lines] : coverage) {
    text += "TN:\nSF:" + file + "\n";
    for (const auto &[line, count] : lines) text += fmt::format("DA:{},{}\n", line, count);
    text += fmt::format("LF:{}\nLH:{}\nend_of_record\n", lines.size(), covered(lines));
  }
  return text;
}

} // namespace graft::tool
