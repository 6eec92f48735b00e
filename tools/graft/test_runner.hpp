// The parent of `graft test`: starts a child for each bundle or part of one, hears its events, and goes on behind what ended
// it.
#pragma once

#include "test_words.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace graft::tool {

/// Whether the first failure ends the run.
enum class FailFast : bool { kNo, kYes };

struct RunnerOptions {
  unsigned jobs = 1;
  std::chrono::milliseconds limit{60'000};            ///< that one test may take, and the load of a bundle if that is more than a minute; 0: none
  FailFast fail_fast = FailFast::kNo;
  std::function<void(const TestResult &result)> tell; ///< of each as it is done
  int stop = -1;                                      ///< a descriptor: all ends when it becomes readable
};

/// What a child would run, for `--list`.
struct TestPlan {
  std::string bundle;
  std::vector<TestResult> tests; ///< not run
};

/// Runs requests in child processes, several at a time. Whatever a test does, every other one is run: a child that ended in
/// a test is followed by one that begins behind it.
///
/// Fails: kEnvironment without a sanitizer's runtime; kExhausted when no process can be started.
Result<TestReport> run_tests(const std::vector<TestRequest> &requests, const RunnerOptions &options,
                             std::vector<TestPlan> *plans = nullptr);

} // namespace graft::tool
