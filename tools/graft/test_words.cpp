// See test_words.hpp.
#include "test_words.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace graft::tool {

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
  const auto matches = [&](const std::string &pattern) { return ::fnmatch(pattern.c_str(), full.c_str(), 0) == 0; };
  bool has_positive = false, is_taken = false;
  for (const std::string &filter : filters) {
    if (filter.starts_with('-')) {
      if (matches(filter.substr(1))) return false;
      continue;
    }
    has_positive = true;
    is_taken = is_taken || matches(filter);
  }
  return is_taken || !has_positive;
}

} // namespace graft::tool
