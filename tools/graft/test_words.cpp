// See test_words.hpp.
#include "test_words.hpp"

#include <algorithm>

namespace graft::tool {
namespace {

/// `*` is any text, `?` any one character, everything else itself.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t at = 0, next = 0, star = pattern.npos, resume = 0;
  while (next < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++, resume = next;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[next])) {
      ++at, ++next;
    } else if (star != pattern.npos) {
      at = star + 1, next = ++resume;
    } else {
      return false;
    }
  }
  return pattern.substr(at).find_first_not_of('*') == pattern.npos;
}

/// Where what is left out begins. Rationale: GoogleTest takes any '-' for that sign, and has no names with one; bundles
/// do, so it is one only at the beginning, or behind what ends no name.
std::size_t begin_of_negative(std::string_view filter) {
  for (std::size_t at = filter.find('-'); at != filter.npos; at = filter.find('-', at + 1))
    if (at == 0 || std::string_view("*?:").contains(filter[at - 1])) return at;
  return filter.npos;
}

/// Of patterns with ':' between them.
bool matches_any(std::string_view patterns, std::string_view text) {
  while (!patterns.empty()) {
    const std::size_t end = std::min(patterns.find(':'), patterns.size());
    if (matches(patterns.substr(0, end), text)) return true;
    patterns.remove_prefix(std::min(end + 1, patterns.size()));
  }
  return false;
}

} // namespace

Json json_of(const TestRequest &request) {
  return {{"bundle", request.bundle},     {"others", request.others},      {"include_dirs", request.include_dirs},
          {"caches", request.caches},     {"filters", request.filters},    {"sanitizers", request.sanitizers},
          {"seed", request.seed},         {"repeat", request.repeat},      {"shard", request.shard},
          {"shards", request.shards},     {"done", request.done},          {"optimise", request.optimise},
          {"coverage", request.coverage}, {"list_only", request.list_only}};
}

TestRequest request_from(const Json &json) {
  TestRequest request;
  request.bundle = json.value("bundle", "");
  request.others = json.value("others", request.others);
  request.include_dirs = json.value("include_dirs", request.include_dirs);
  request.caches = json.value("caches", request.caches);
  request.filters = json.value("filters", request.filters);
  request.sanitizers = json.value("sanitizers", request.sanitizers);
  request.seed = json.value("seed", request.seed);
  request.repeat = json.value("repeat", request.repeat);
  request.shard = json.value("shard", request.shard);
  request.shards = std::max<std::uint64_t>(json.value("shards", request.shards), 1);
  request.done = json.value("done", request.done);
  request.optimise = json.value("optimise", request.optimise);
  request.coverage = json.value("coverage", request.coverage);
  request.list_only = json.value("list_only", request.list_only);
  return request;
}

const char *to_string(Verdict verdict) {
  switch (verdict) {
  case Verdict::kPassed:
    return "passed";
  case Verdict::kFailed:
    return "failed";
  case Verdict::kSkipped:
    return "skipped";
  case Verdict::kCrashed:
    return "crashed";
  case Verdict::kTimedOut:
    return "timed out";
  }
  return "unknown";
}

std::uint64_t TestReport::count(bool (*is_it)(Verdict verdict)) const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(results, [&](const TestResult &result) { return is_it(result.verdict); }));
}

bool takes_test(const std::vector<std::string> &filters, const std::string &bundle, const std::string &name) {
  const std::string full = bundle + "." + name;
  bool has_positive = false, is_taken = false;
  for (const std::string &filter : filters) {
    const std::string_view whole = filter;
    const std::size_t minus = begin_of_negative(whole);
    if (minus != whole.npos && matches_any(whole.substr(minus + 1), full)) return false;
    const std::string_view positive = whole.substr(0, minus);
    has_positive = has_positive || !positive.empty();
    is_taken = is_taken || matches_any(positive, full);
  }
  return is_taken || !has_positive;
}

} // namespace graft::tool
