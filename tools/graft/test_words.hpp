// What `graft test` and its child processes say to each other: one request as an argument, then events, one JSON object a
// line.
//
//   child -> parent   {"event":"plan","bundle":..,"tests":[{"name":..,"file":..,"line":..}]}   what it will run, in that
//   order
//                     {"event":"started","test":3}
//                     {"event":"failed","file":..,"line":..,"text":..}        of the test that runs; any number of times
//                     {"event":"skipped","text":..}
//                     {"event":"finished","test":3,"ns":..}
//                     {"event":"crashed","signal":11}                         written by hand, in a signal handler
//                     {"event":"stack","frames":[{"function":..,"file":..,"line":..}]}
//                     {"event":"broken","text":..}                            the bundle did not load
//                     {"event":"coverage","lines":{file:{"12":1}}}
//                     {"event":"ending"}, {"event":"done"}                    around the bundle's own end
#pragma once

#include "json.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace graft::tool {

/// What one child does: some of the tests of one bundle.
struct TestRequest {
  std::string bundle;              ///< its path
  std::vector<std::string> others; ///< bundles that it requires
  std::vector<std::string> include_dirs;
  std::vector<std::string> caches; ///< as `--cache` says them
  std::vector<std::string> filters;
  std::vector<std::string> sanitizers;
  std::uint64_t seed = 0; ///< of the order; 0: as they stand
  std::uint64_t repeat = 1;
  std::uint64_t shard = 0;  ///< runs those whose index leaves this remainder ..
  std::uint64_t shards = 1; ///< .. over this
  std::uint64_t done = 0;   ///< of its tests, by an earlier child
  unsigned optimise = 0;
  bool coverage = false;
  bool list_only = false;
};

Json json_of(const TestRequest &request);
TestRequest request_from(const Json &json);

enum class Verdict : std::uint8_t { kPassed, kFailed, kSkipped, kCrashed, kTimedOut };
const char *to_string(Verdict verdict);
inline bool is_failure(Verdict verdict) { return verdict != Verdict::kPassed && verdict != Verdict::kSkipped; }

struct TestFailure {
  std::string file; ///< empty: of no place
  std::uint32_t line = 0;
  std::string text;
};

/// One test that was run once.
struct TestResult {
  std::string bundle;
  std::string name; ///< "doubles/1"
  std::string file;
  std::uint32_t line = 0;
  Verdict verdict = Verdict::kPassed;
  std::uint64_t nanoseconds = 0;
  std::vector<TestFailure> failures;
  std::string skipped; ///< why
  std::string output;  ///< of both streams
};

/// A bundle that could not be tested, or a process that went wrong outside of its tests.
struct BrokenBundle {
  std::string bundle; ///< its path
  std::string text;
};

/// Of each line that has code: how often it was entered. By file.
using Coverage = std::map<std::string, std::map<std::uint32_t, std::uint64_t>>;

struct TestReport {
  std::vector<TestResult> results;
  std::vector<BrokenBundle> broken;
  Coverage coverage;
  std::uint64_t seed = 0;        ///< 0: not shuffled
  std::uint64_t nanoseconds = 0; ///< of all
  std::uint64_t bundles = 0;
  bool is_stopped = false;   ///< from outside; the same holds
  bool is_cut_short = false; ///< at the first failure; what was not done until then is not in `results`

  std::uint64_t count(bool (*is_it)(Verdict verdict)) const;
};

/// Whether filters take a test. Each is as GoogleTest's: patterns for `bundle.name` with `*` and `?`, ':' between them; those
/// behind a '-' take away, whichever filter has them. No pattern takes all.
bool takes_test(const std::vector<std::string> &filters, const std::string &bundle, const std::string &name);

/// The subcommand that the children are started as; nobody else's business.
inline constexpr const char *kTestChild = "test-child";
/// Where a child writes its events.
inline constexpr int kEventDescriptor = 3;
/// Its output once more, whatever it does to its own descriptors: there it writes a mark before the plan, and before and
/// behind each test, because the parent may read the output of several tests at once.
inline constexpr int kMarkDescriptor = 4;
inline constexpr std::string_view kMark = "\x1egraft test\x1e";

} // namespace graft::tool
