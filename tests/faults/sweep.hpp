// One operation, made to fail at each of its fault points in turn.
#pragma once

#include "bundles.hpp"
#include "held.hpp"
#include "matchers.hpp"
#include "sanitizers.hpp"

#include <graft/base/fault.hpp>
#include <graft/runtime.hpp>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace graft::test {

/// What is done, and what is to be seen before and after it.
struct Operation {
  std::function<Result<void>()> attempt;
  std::function<void()> is_as_before; ///< expects what was there to answer; after an attempt that failed
  std::function<void()> is_done;      ///< expects the new; after one that did not
  std::function<void()> go_back;
};

class Faults : public testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(runtime, Succeeds()); }

  /// The names of the points that the operation passes.
  std::set<std::string> sweep(const Operation &operation, const std::vector<fault::Lasting> &lengths = {
                                                              fault::Lasting::kOnce, fault::Lasting::kFromThenOn}) {
    std::set<std::string> points;
    for (const fault::Lasting lasting : lengths) points.merge(fail_each(operation, lasting)); // warm
    const Held before = Held::now();
    for (const fault::Lasting lasting : lengths) fail_each(operation, lasting);
    const Held after = Held::now();
    EXPECT_EQ(after.descriptors, before.descriptors) << after;
    EXPECT_LE(after.threads, before.threads + 1) << after; // the thread that retires may have been made meanwhile
    // The heap may get a few more of its own; a leak would be one for each of the points.
    if (!kInstrumented) EXPECT_LE(after.mappings, before.mappings + points.size() / 2 + 4) << after;
    return points;
  }

  int number() {
    const auto bound = runtime->bind<test_number>();
    return bound ? (*bound)->number() : -1;
  }

  // What is compiled in the background would be a thread, some pages and a few points more, or less.
  Result<std::unique_ptr<Runtime>> runtime = Runtime::create({.tier_up = TierUp::kFast, .learning = Learning::kNever});
  /// Points whose failure nobody is told, because what was asked for happens all the same.
  std::set<std::string> silent = {"giving pages back", "cannot start the thread that retires"};

 private:
  std::set<std::string> fail_each(const Operation &operation, fault::Lasting lasting) {
    std::set<std::string> points;
    for (std::uint64_t number = 1;; ++number) {
      const char *failed = nullptr;
      Result<void> outcome;
      {
        const fault::Injection injection(number, lasting);
        outcome = operation.attempt();
        failed = injection.failed();
      }
      SCOPED_TRACE("point " + std::to_string(number) + ": " + (failed == nullptr ? "none" : failed));
      if (!outcome) {
        EXPECT_NE(failed, nullptr) << outcome.error().text();
        if (failed == nullptr) return points;
        if (lasting == fault::Lasting::kOnce) EXPECT_THAT(outcome.error().text(), testing::HasSubstr(failed));
        operation.is_as_before();
        EXPECT_THAT(operation.attempt(), Succeeds());
      } else if (failed != nullptr && lasting == fault::Lasting::kOnce) {
        EXPECT_TRUE(silent.contains(failed)) << "it succeeded all the same";
      }
      operation.is_done();
      operation.go_back();
      EXPECT_THAT(runtime->await_retired(std::chrono::seconds(30)), Succeeds());
      if (failed == nullptr || HasFatalFailure()) return points;
      points.insert(failed);
    }
  }
};

} // namespace graft::test
