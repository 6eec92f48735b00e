// Calls while state is carried over: they wait, none fails, none is lost; and what bounds the wait.
#include "state.hpp"

#include <atomic>
#include <thread>

namespace graft {
namespace {

using test::c_text;
using test::FailsWith;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AtTheGate : public test::State {};

TEST_F(AtTheGate, EveryCallIsCountedOnceWhileTheCounterIsMigrated) {
  const auto version = [](bool wide) {
    return c_text(wide ? "GRAFT_KEEP static struct { long pad; _Atomic int n; } s;"
                       : "GRAFT_KEEP static struct { _Atomic int n; } s;",
                  "++s.n");
  };
  load(version(false));
  std::atomic<bool> done{false};
  std::atomic<int> calls{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i)
    callers.emplace_back([&] {
      while (!done.load(std::memory_order_relaxed)) {
        EXPECT_GT((*bound)->number(), 0);
        calls.fetch_add(1, std::memory_order_relaxed);
      }
    });
  for (int round = 0; round < 30; ++round) EXPECT_THAT(runtime->reload(version(round % 2 == 0)), Succeeds());
  done = true;
  for (std::thread &caller : callers) caller.join();
  EXPECT_EQ(call(), calls + 1);
}

TEST_F(AtTheGate, AMigrationThatEndsItsThreadIsUndoneAndTheGateIsOpened) {
  load(c_text("struct s { int n; };\nGRAFT_KEEP static struct s k;", "++k.n"));
  call();
  const MemoryBundle leaving = c_text("#include <pthread.h>\nstruct s { long n; };\nGRAFT_KEEP static struct s k;\n"
                                      "struct old { int n; };\n"
                                      "GRAFT_MIGRATE(struct s, struct old, to, from) { to->n = from->n; pthread_exit(0); }\n",
                                      "(int)++k.n");
  bool came_back = false;
  std::thread([&] {
    static_cast<void>(runtime->reload(leaving));
    came_back = true;
  }).join();
  EXPECT_FALSE(came_back);
  EXPECT_EQ(call(), 2);
  EXPECT_THAT(runtime->reload(c_text("struct s { long n; };\nGRAFT_KEEP static struct s k;", "(int)++k.n")), Succeeds());
  EXPECT_EQ(call(), 3);
}

GRAFT_CONTRACT(many, "test.many", 1, 0) {
  double (*sum)(double a, double b, double c, double d, double e, double f, double g, double h, double i, double j, int k,
                int l, int m, int n, int o, int p, int q);
};

TEST_F(AtTheGate, ArgumentsPassInRegistersAndOnTheStack) {
  const auto version = [](const std::string &state) {
    return test::text(
        "many",
        "#include <graft/abi.h>\n"
        "GRAFT_CONTRACT(many, \"test.many\", 1, 0) { double (*sum)(double, double, double, double, double, double, double,"
        " double, double, double, int, int, int, int, int, int, int); };\n" +
            state +
            "\nstatic double sum(double a, double b, double c, double d, double e, double f, double g, double h, double i,"
            " double j, int k, int l, int m, int n, int o, int p, int q) { ++s.n; return a + 2 * b + 3 * c + 4 * d + 5 * e"
            " + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k + 12 * l + 13 * m + 14 * n + 15 * o + 16 * p + 17 * q; }\n"
            "GRAFT_PROVIDE(many, {.sum = sum})\n");
  };
  const std::string narrow = "GRAFT_KEEP static struct { int n; } s;", wide = "GRAFT_KEEP static struct { long n; } s;";
  ASSERT_THAT(runtime->load(version(narrow)), Succeeds());
  const auto many_bound = *runtime->bind<many>();
  const auto sum = [&] { return many_bound->sum(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1); };
  double behind_the_gate = 0;
  std::thread caller;
  std::atomic<bool> done{false};
  caller = std::thread([&] {
    while (!done) {
      const double value = sum();
      if (value != 153) behind_the_gate = value;
    }
  });
  ASSERT_THAT(runtime->reload(version(wide)), Succeeds());
  done = true;
  caller.join();
  EXPECT_EQ(behind_the_gate, 0);
  EXPECT_EQ(sum(), 153);
}

TEST_F(AtTheGate, ABindWaitsAsACallDoes) {
  const auto version = [](bool is_wide) {
    return c_text(is_wide ? "GRAFT_KEEP static struct { long pad; int n; } s;" : "GRAFT_KEEP static struct { int n; } s;",
                  "s.n");
  };
  load(version(false));
  std::atomic<bool> done{false};
  std::thread binder([&] {
    while (!done) EXPECT_THAT(runtime->bind<test_number>(), Succeeds());
  });
  for (int round = 0; round < 20; ++round) EXPECT_THAT(runtime->reload(version(round % 2 == 0)), Succeeds());
  done = true;
  binder.join();
}

TEST_F(AtTheGate, ABindOfAThreadThatTheGateWaitsForWouldDeadlock) {
  Config config;
  config.drain = std::chrono::seconds(60);
  runtime = Runtime::create(config);
  load(c_text("GRAFT_KEEP static int n = 3;", "n"));
  std::thread reloader;
  {
    const auto pin = bound->pin();
    reloader = std::thread([&] { EXPECT_THAT(runtime->reload(c_text("GRAFT_KEEP static long n;", "(int)n")), Succeeds()); });
    Result<Bound<test_number>> again = runtime->bind<test_number>();
    while (again) again = runtime->bind<test_number>(); // until the gate is closed
    EXPECT_THAT(again, FailsWith(Code::kWouldDeadlock, HasSubstr("'test.number' is being migrated")));
  }
  reloader.join();
  EXPECT_EQ(call(), 3);
}

const std::string kTakesAPin =
    "static void take(void) { graft_handle h; graft_pin pin; if (graft_self.find(&graft_self, "
    "graft_str_of(\"test.number\"), 1, 0, &h) == 0) graft_self.resolve(&graft_self, h, &pin); }\n";

TEST_F(AtTheGate, APinThatIsLeftBehindIsAnErrorAndEnds) {
  load(c_text("GRAFT_KEEP static struct { int n; } s = {4};", "s.n"));
  EXPECT_THAT(
      runtime->reload(c_text(kTakesAPin + "struct t { long n; }; struct old { int n; };\n"
                                          "GRAFT_MIGRATE(struct t, struct old, to, from) { take(); to->n = from->n; }\n"
                                          "GRAFT_KEEP static struct t s;",
                             "(int)s.n")),
      FailsWith(Code::kInvalid, HasSubstr("the migration of bundle 'b' left 1 pin behind")));
  EXPECT_THAT(runtime->reload(c_text(kTakesAPin + "graft_status graft_probe(void) { take(); take(); return 0; }", "1")),
              FailsWith(Code::kInvalid, HasSubstr("graft_probe of bundle 'b' left 2 pins behind")));
  EXPECT_THAT(
      runtime->reload(c_text(kTakesAPin + "graft_status graft_init(const graft_host *h, const graft_init_context *c) "
                                          "{ (void)h; (void)c; take(); return 0; }",
                             "1")),
      FailsWith(Code::kInvalid, HasSubstr("the initialisers of bundle 'b' left 1 pin behind")));
  EXPECT_EQ(call(), 4);
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
}

TEST_F(AtTheGate, AReloadFromInsideACallThatItWaitsForWouldDeadlock) {
  load(c_text("GRAFT_KEEP static int n;", "n"));
  const auto pin = bound->pin();
  EXPECT_THAT(runtime->reload(c_text("GRAFT_KEEP static long n;", "(int)n")),
              FailsWith(Code::kWouldDeadlock, HasSubstr("inside one")));
  EXPECT_EQ(pin->number(), 0);
}

TEST_F(AtTheGate, ACallThatDoesNotEndIsNamedAndTheOldCodeGoesOn) {
  load(c_text("GRAFT_KEEP static int n;", "++n"));
  std::atomic<int> step{0};
  std::thread holder([&] {
    const auto pin = bound->pin();
    step = 1;
    while (step != 2) std::this_thread::yield();
    EXPECT_EQ(pin->number(), 1);
  });
  while (step != 1) std::this_thread::yield();
  EXPECT_THAT(runtime->reload(c_text("GRAFT_KEEP static long n;", "(int)++n")),
              FailsWith(Code::kBusy, AllOf(HasSubstr("1 in bundle 'b' generation 1"))));
  step = 2;
  holder.join();
  EXPECT_EQ(call(), 2);
  EXPECT_THAT(runtime->reload(c_text("GRAFT_KEEP static long n;", "(int)++n")), Succeeds());
  EXPECT_EQ(call(), 3);
}

TEST_F(AtTheGate, AProbeThatRefusesLeavesTheOldCodeAndItsState) {
  load(c_text("GRAFT_KEEP static int n;", "++n"));
  EXPECT_EQ(call(), 1);
  EXPECT_THAT(runtime->reload(c_text(
                  "GRAFT_KEEP static long n;\ngraft_status graft_probe(void) { return n == 1 ? 1077 : 0; }", "(int)++n")),
              FailsWith(static_cast<Code>(1077), HasSubstr("graft_probe of bundle 'b' refused with status 1077")));
  EXPECT_EQ(call(), 2);
}

TEST_F(AtTheGate, ARefusalNamesWhatWasWrittenToStateThatStaysInPlace) {
  const std::string state = "GRAFT_KEEP static int n = 1, other = 2;\n";
  load(c_text(state, "n"));
  EXPECT_THAT(runtime->reload(c_text(state + "graft_status graft_probe(void) { n = 5; return 1077; }", "n")),
              FailsWith(static_cast<Code>(1077),
                        HasSubstr("; written meanwhile and not taken back, since both versions share it: kept 'n'")));
  EXPECT_EQ(call(), 5);
  EXPECT_THAT(runtime->reload(c_text(state + "graft_status graft_probe(void) { return 1077; }", "n")),
              FailsWith(static_cast<Code>(1077), Not(HasSubstr("meanwhile"))));
}

TEST_F(AtTheGate, AProbeThatAgreesIsPublished) {
  load(c_text("GRAFT_KEEP static int n = 4;", "n"));
  EXPECT_THAT(runtime->reload(
                  c_text("GRAFT_KEEP static int n;\ngraft_status graft_probe(void) { return n == 4 ? 0 : 1; }", "n + 1")),
              Succeeds());
  EXPECT_EQ(call(), 5);
}

TEST_F(AtTheGate, AProbeThatTakesTooLongIsGivenUp) {
  Config config;
  config.gate = std::chrono::milliseconds(1);
  runtime = Runtime::create(config);
  load(c_text("GRAFT_KEEP static int n = 4;", "n"));
  EXPECT_THAT(runtime->reload(c_text(
                  "#include <time.h>\nGRAFT_KEEP static long n;\n"
                  "graft_status graft_probe(void) { const time_t end = time(0) + 2; while (time(0) < end) {} return 0; }",
                  "5")),
              FailsWith(Code::kBusy, HasSubstr("took longer than 1 ms")));
  EXPECT_EQ(call(), 4);
}

} // namespace
} // namespace graft
