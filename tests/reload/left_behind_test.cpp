// What becomes of threads that a plugin started, of probes that never answer, and who says so.
#include "bundles.hpp"
#include "matchers.hpp"
#include "sanitizers.hpp"

#include <graft/runtime.hpp>

#include <atomic>
#include <deque>
#include <optional>
#include <thread>

GRAFT_CONTRACT(test_meeting, "test.meeting", 1, 0) {
  void (*wait)(void *self);
  int32_t (*reload)(void *self);
};

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::FailsWith;
using test::kNumberContract;
using test::number_text;
using test::Succeeds;
using test::text;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// What a plugin's threads and probes meet the test with, as a host contract.
struct Meeting {
  std::atomic<bool> is_open{false};
  std::atomic<int> waiting{0};
  Runtime *runtime = nullptr;

  void open() {
    is_open = true;
    is_open.notify_all();
  }
  void await_waiting(int count) {
    for (int now = waiting; now < count; now = waiting) waiting.wait(now);
  }
};

/// A thread that a runtime left behind wakes up in its meeting after the test, so none ever ends.
Meeting &new_meeting() {
  static auto &meetings = *new std::deque<Meeting>;
  return meetings.emplace_back();
}

const test_meeting kMeeting{.wait =
                                [](void *self) {
                                  auto &meeting = *static_cast<Meeting *>(self);
                                  ++meeting.waiting;
                                  meeting.waiting.notify_all();
                                  meeting.is_open.wait(false);
                                },
                            .reload =
                                [](void *self) {
                                  const auto outcome = static_cast<Meeting *>(self)->runtime->reload("b");
                                  return static_cast<int32_t>(outcome ? Code::kOk : outcome.error().code);
                                }};

const std::string kUsesMeeting = R"(#include <graft/abi.h>
#include <pthread.h>
GRAFT_CONTRACT(meeting, "test.meeting", 1, 0) { void (*wait)(void *self); int32_t (*reload)(void *self); };
static const meeting *table; static void *self;
__attribute__((constructor)) static void meet(void) {
  graft_service service = {sizeof service};
  if (GRAFT_SERVICE(&graft_self, meeting, &service) == GRAFT_OK) { table = service.table; self = service.self; }
}
static void *wait_in_thread(void *nothing) { table->wait(self); return nothing; }
static pthread_t started;
static int start_thread(void) {
  const int failure = pthread_create(&started, 0, wait_in_thread, 0);
  if (!failure) pthread_setname_np(started, "worker"), pthread_detach(started);
  return failure;
}
)";

/// Which function a thread is said to be in. ThreadSanitizer keeps signals back from threads that wait in the system.
std::string seen(const char *function) { return test::kThreadSanitized ? "" : function; }

class LeftBehind : public testing::Test {
 protected:
  void SetUp() override {
    Config config;
    config.learning = Learning::kNever; // threads are counted here
    config.farewell = farewell;
    config.gate = gate;
    config.drain = 1ms;
    config.log = [this](LogLevel, std::string_view line) { (log += line) += '\n'; };
    auto made = Runtime::create(config);
    ASSERT_THAT(made, Succeeds());
    runtime = *std::move(made);
    meeting.runtime = runtime.get();
    ASSERT_THAT(runtime->offer(kMeeting, {.user_data = &meeting}), Succeeds());
  }
  void TearDown() override { meeting.open(); }

  static MemoryBundle bundle(const std::string &more, int value) {
    return text("b", "#define _GNU_SOURCE\n" + kUsesMeeting + more + number_text(value));
  }
  static MemoryBundle starting(int value) {
    return bundle(
        "graft_status graft_init(const graft_host *host, const graft_init_context *context) { return start_thread(); }\n",
        value);
  }
  int number() { return runtime->bind<test_number>()->number(); }

  std::chrono::milliseconds farewell = 60s, gate = 60s;
  Meeting &meeting = new_meeting();
  std::string log;
  std::unique_ptr<Runtime> runtime;
};

TEST_F(LeftBehind, AThreadHoldsItsGenerationUntilItEnds) {
  ASSERT_THAT(runtime->load(starting(1)), Succeeds());
  meeting.await_waiting(1);
  ASSERT_THAT(runtime->reload(text("b", number_text(2))), Succeeds());
  EXPECT_EQ(number(), 2);
  EXPECT_THAT(runtime->await_retired(1ms),
              FailsWith(Code::kBusy, HasSubstr("bundle 'b' generation 1: its own thread 'worker' (")));
  EXPECT_THAT(log, HasSubstr("bundle 'b' generation 1 still runs 1 thread: 'worker' ("));
  meeting.open();
  EXPECT_THAT(runtime->await_retired(60s), Succeeds());
}

TEST_F(LeftBehind, AThreadIsNamedWhileItsGenerationIsAskedToEndAgain) {
  ASSERT_THAT(runtime->load(starting(1)), Succeeds());
  meeting.await_waiting(1);
  ASSERT_THAT(runtime->unload("b"), Succeeds());
  std::jthread asking([&](const std::stop_token &stop) {
    while (!stop.stop_requested()) EXPECT_THAT(runtime->await_retired(0ms), FailsWith(Code::kBusy, HasSubstr("its own thread")));
  });
  for (int i = 0; i < 2'000; ++i)
    ASSERT_THAT(runtime->holders(), ElementsAre(Field(&Holder::kind, Holder::Kind::kThread)));
}

TEST(Holders, AThreadThatIsOnlyStartingIsCalledThat) {
  Holder holder;
  holder.kind = Holder::Kind::kThread;
  holder.bundle = "b";
  holder.generation = 1;
  EXPECT_EQ(to_string(holder), "bundle 'b' generation 1: its own thread (just starting), replaced 0 ms ago");
}

TEST_F(LeftBehind, GraftStopEndsAndJoinsAThread) {
  const std::string stop = "#include <stdatomic.h>\nstatic atomic_int stopping;\n"
                           "static void *spin(void *n) { while (!stopping) {} return n; }\n"
                           "graft_status graft_init(const graft_host *h, const graft_init_context *c) "
                           "{ return pthread_create(&started, 0, spin, 0); }\n"
                           "void graft_stop(void) { stopping = 1; pthread_join(started, 0); }\n";
  ASSERT_THAT(runtime->load(bundle(stop, 1)), Succeeds());
  ASSERT_THAT(runtime->unload("b"), Succeeds());
  EXPECT_THAT(runtime->await_retired(60s), Succeeds());
}

/// A bundle in C++ with these objects.
MemoryBundle cxx(const std::string &objects) {
  return text("b", "#include <thread>\nnamespace {\n" + objects + "\n}\n" + number_text(1), "main.cpp");
}

TEST_F(LeftBehind, AThreadOfAStaticJthreadIsAskedToStop) {
  const std::string loop = "([](std::stop_token stop) { while (!stop.stop_requested()) std::this_thread::yield(); });";
  ASSERT_THAT(runtime->load(cxx("std::jthread one" + loop + "\nvoid two() { static std::jthread two" + loop + " }\n" +
                                "[[gnu::constructor]] void make() { two(); }")),
              Succeeds());
  ASSERT_THAT(runtime->unload("b"), Succeeds());
  EXPECT_THAT(runtime->await_retired(60s), Succeeds());
}

TEST_F(LeftBehind, AThreadThatNobodyJoinedIsJoined) {
  ASSERT_THAT(runtime->load(cxx("std::thread one([] {});")), Succeeds());
  ASSERT_THAT(runtime->unload("b"), Succeeds());
  EXPECT_THAT(runtime->await_retired(60s), Succeeds());
  EXPECT_THAT(log, HasSubstr("generation 1 left a thread that nobody joined behind; taken back"));
}

TEST_F(LeftBehind, AnEndThatCallsTerminateEndsNoHost) {
  ASSERT_THAT(runtime->load(cxx("struct Owner { ~Owner() { std::terminate(); } } owner;")), Succeeds());
  ASSERT_THAT(runtime->unload("b"), Succeeds());
  EXPECT_THAT(runtime->await_retired(60s), Succeeds());
  EXPECT_THAT(log, HasSubstr("Owner::~Owner()', which called std::terminate behind; taken back"));
}

TEST_F(LeftBehind, AnInitialiserThatFailsBehindAThreadLeavesItsCodeToTheThread) {
  EXPECT_THAT(runtime->load(bundle("graft_status graft_init(const graft_host *host, const graft_init_context *context) "
                                   "{ start_thread(); return GRAFT_REFUSED; }\n",
                                   1)),
              FailsWith(Code::kRefused, HasSubstr("graft_init of bundle 'b' refused")));
  EXPECT_THAT(runtime->holders(), ElementsAre(Field(&Holder::kind, Holder::Kind::kThread)));
  meeting.open();
  EXPECT_THAT(runtime->await_retired(60s), Succeeds());
}

struct LeftBehindSoon : LeftBehind {
  LeftBehindSoon() { gate = 20ms; }
};

TEST_F(LeftBehindSoon, AProbeThatNeverAnswersIsLeftBehindAndTheNextReloadWorks) {
  ASSERT_THAT(runtime->load(text("b", number_text(1))), Succeeds());
  const auto silent = bundle("graft_status graft_probe(void) { table->wait(self); return GRAFT_OK; }\n", 2);
  EXPECT_THAT(runtime->reload(silent),
              FailsWith(Code::kBusy, HasSubstr("graft_probe of bundle 'b' took longer than 20 ms")));
  EXPECT_EQ(number(), 1);
  meeting.await_waiting(1);
  EXPECT_THAT(runtime->holders("b", AskThreads::kYes), ElementsAre(AllOf(Field(&Holder::kind, Holder::Kind::kThread),
                                                                         Field(&Holder::function, seen("graft_probe")))));
  EXPECT_THAT(runtime->reload(text("b", number_text(3))), Succeeds());
  EXPECT_EQ(number(), 3);
  meeting.open();
  EXPECT_THAT(runtime->await_retired(60s), Succeeds());
}

TEST_F(LeftBehind, AProbeThatEndsItsThreadHasRefused) {
  ASSERT_THAT(runtime->load(text("b", number_text(1))), Succeeds());
  const auto leaving = bundle("#include <pthread.h>\ngraft_status graft_probe(void) { pthread_exit(0); }\n", 2);
  EXPECT_THAT(runtime->reload(leaving), FailsWith(Code::kRefused, HasSubstr("graft_probe of bundle 'b' ended the thread")));
  EXPECT_EQ(number(), 1);
  EXPECT_THAT(runtime->await_retired(60s), Succeeds());
  EXPECT_THAT(runtime->reload(text("b", number_text(3))), Succeeds());
}

TEST_F(LeftBehind, AProbeThatAsksForACommitIsRefused) {
  ASSERT_THAT(runtime->load(text("b", number_text(1))), Succeeds());
  const auto asking = bundle("graft_status graft_probe(void) { return table->reload(self); }\n", 2);
  EXPECT_THAT(runtime->reload(asking), FailsWith(Code::kWouldDeadlock, HasSubstr("graft_probe of bundle 'b' refused")));
}

TEST_F(LeftBehind, StateIsNotCarriedOverWhileAThreadOfTheOldCodeRuns) {
  auto first = starting(1);
  first.files[0].contents += "GRAFT_KEEP static int n = 4;\n";
  ASSERT_THAT(runtime->load(first), Succeeds());
  meeting.await_waiting(1);
  auto second = text("b", number_text(2) + "GRAFT_KEEP static long n;\n");
  EXPECT_THAT(runtime->reload(second), FailsWith(Code::kBusy, HasSubstr("1 thread that bundle 'b' generation 1 started")));
  EXPECT_EQ(number(), 1);
}

TEST_F(LeftBehind, TheHolderOfACallIsNamedWithItsFunction) {
  ASSERT_THAT(runtime->load(text("b", "#define _GNU_SOURCE\n" + kUsesMeeting + kNumberContract +
                                          "static int32_t deep(void) { table->wait(self); return 1; }\n"
                                          "static int32_t answer(void) { return deep() + 1; }\n"
                                          "GRAFT_PROVIDE(number, {.number = answer})\n")),
              Succeeds());
  auto bound = runtime->bind<test_number>();
  int answered = 0;
  std::thread caller([&] { answered = (*bound)->number(); });
  meeting.await_waiting(1);
  ASSERT_THAT(runtime->reload(text("b", number_text(9))), Succeeds());
  EXPECT_THAT(runtime->holders("b", AskThreads::kYes),
              ElementsAre(AllOf(Field(&Holder::kind, Holder::Kind::kCall), Field(&Holder::function, seen("deep")),
                                Field(&Holder::generation, 1))));
  EXPECT_THAT(runtime->holders("other"), IsEmpty());
  meeting.open();
  caller.join();
  EXPECT_EQ(answered, 2);
  EXPECT_THAT(runtime->await_retired(60s), Succeeds());
}

TEST_F(LeftBehind, TooManyHeldGenerationsRefuseAReloadAndAreListed) {
  Config config;
  config.retired_limit = 1;
  auto strict = Runtime::create(config);
  ASSERT_THAT(strict, Succeeds());
  ASSERT_THAT(strict->load(text("b", number_text(1))), Succeeds());
  auto bound = strict->bind<test_number>();
  {
    const auto pin = (*bound).pin();
    ASSERT_THAT(strict->reload(text("b", number_text(2))), Succeeds());
    EXPECT_THAT(strict->reload(text("b", number_text(3))),
                FailsWith(Code::kBusy, AllOf(HasSubstr("1 older generations that are still held"),
                                             HasSubstr("generation 1: a call of thread"))));
  }
  EXPECT_THAT(strict->reload(text("b", number_text(3))), Succeeds());
}

class Farewell : public LeftBehind {
 protected:
  Farewell() { farewell = 1ms; }
};

TEST_F(Farewell, ARuntimeEndsAlthoughAThreadOfAPluginDoesNot) {
  ASSERT_THAT(runtime->load(starting(1)), Succeeds());
  meeting.await_waiting(1);
  runtime.reset();
  EXPECT_THAT(log,
              HasSubstr("the runtime ends while code is still held: bundle 'b' generation 1: its own thread 'worker' ("));
}

} // namespace
} // namespace graft
