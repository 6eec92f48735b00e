// Who gets a second image, and when? The queue alone, without a compiler.
#include "matchers.hpp"
#include "reload/tier_up.hpp"

#include <gtest/gtest.h>

#include <semaphore>
#include <string>
#include <thread>
#include <vector>

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::FailsWith;
using test::Succeeds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kLong = 60s;

/// Work that says when it began and goes on until it is cancelled or let go.
class Queue : public testing::Test {
 protected:
  void work(const TierUps::Request &request, const std::atomic<bool> &cancelled) {
    began.release();
    while (!cancelled.load() && !may_end.try_acquire()) std::this_thread::yield();
    done.push_back(request.bundle + std::to_string(request.generation) + (cancelled.load() ? " cancelled" : ""));
  }
  TierUps::Work by_hand() {
    return [this](const auto &request, const auto &cancelled) { work(request, cancelled); };
  }

  std::counting_semaphore<> began{0}, may_end{0};
  std::vector<std::string> done; // of the queue's thread until `await` or `stop`
};

TEST_F(Queue, WhatIsAskedForIsDone) {
  TierUps queue(0ms, by_hand());
  may_end.release(2);
  queue.ask({"a", 1, nullptr});
  queue.ask({"b", 2, nullptr});
  EXPECT_THAT(queue.await(kLong), Succeeds());
  EXPECT_THAT(done, ElementsAre("a1", "b2"));
}

TEST_F(Queue, ANewerGenerationCancelsWhatRunsForItsBundle) {
  TierUps queue(0ms, by_hand());
  queue.ask({"a", 1, nullptr});
  began.acquire();
  queue.ask({"a", 2, nullptr});
  began.acquire();
  may_end.release();
  EXPECT_THAT(queue.await(kLong), Succeeds());
  EXPECT_THAT(done, ElementsAre("a1 cancelled", "a2"));
}

TEST_F(Queue, ANewerGenerationTakesThePlaceOfOneThatWaits) {
  TierUps queue(0ms, by_hand());
  queue.ask({"other", 1, nullptr});
  began.acquire();
  queue.ask({"a", 2, nullptr});
  queue.ask({"a", 3, nullptr});
  may_end.release(2);
  EXPECT_THAT(queue.await(kLong), Succeeds());
  EXPECT_THAT(done, ElementsAre("other1", "a3"));
}

TEST_F(Queue, WhatIsPostponedBeginsAgain) {
  TierUps queue(0ms, by_hand());
  queue.ask({"a", 1, nullptr});
  began.acquire();
  queue.postpone("a");
  began.acquire();
  may_end.release();
  EXPECT_THAT(queue.await(kLong), Succeeds());
  EXPECT_THAT(done, ElementsAre("a1 cancelled", "a1"));
}

TEST_F(Queue, WhatIsDroppedIsNeverDone) {
  TierUps queue(1h, by_hand());
  queue.ask({"a", 1, nullptr});
  EXPECT_THAT(queue.await(0ms), FailsWith(Code::kBusy, HasSubstr("bundle 'a' waits for its optimised code")));
  queue.drop("a");
  EXPECT_THAT(queue.await(kLong), Succeeds());
  EXPECT_THAT(done, IsEmpty());
}

TEST_F(Queue, TheEndCancelsWhatRunsAndForgetsTheRest) {
  TierUps queue(0ms, by_hand());
  queue.ask({"a", 1, nullptr});
  began.acquire();
  queue.ask({"b", 2, nullptr});
  queue.stop();
  queue.ask({"c", 3, nullptr});
  EXPECT_THAT(done, ElementsAre("a1 cancelled"));
}

TEST_F(Queue, ItGoesOnBehindAPause) {
  TierUps queue(0ms, by_hand());
  may_end.release(2);
  for (std::uint64_t generation : {1, 2}) {
    queue.ask({"a", generation, nullptr});
    EXPECT_THAT(queue.await(kLong), Succeeds());
  }
  EXPECT_THAT(done, ElementsAre("a1", "a2"));
}

} // namespace
} // namespace graft
