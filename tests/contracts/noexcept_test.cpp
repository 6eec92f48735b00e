// A violated noexcept ends the process; is it said before, with bundle, function and line?
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <pthread.h>

namespace graft {
namespace {

using test::kNumberContract;
using test::Succeeds;
using test::text;

MemoryBundle violating(const std::string &body) {
  return text("b",
              "#include <stdexcept>\n" + kNumberContract + body +
                  "static int32_t answer(void) { return deep(1); }\n"
                  "GRAFT_PROVIDE(number, {.number = answer})\n",
              "main.cpp");
}

int call(const MemoryBundle &bundle, const Config &config = {}) {
  auto runtime = Runtime::create(config);
  EXPECT_THAT(runtime, Succeeds());
  EXPECT_THAT(runtime->load(bundle), Succeeds());
  return runtime->bind<test_number>()->number();
}

TEST(NoexceptDeathTest, AViolationNamesBundleFunctionAndLine) {
  EXPECT_DEATH(call(violating(
                   "static int deep(int n) noexcept {\n  if (n) throw std::runtime_error(\"too deep\");\n  return n;\n}\n")),
               "bundle 'b' generation 1: std::runtime_error: too deep would leave the noexcept function 'deep\\(int\\)' at "
               "main.cpp:4:12; "
               "the process ends");
}

TEST(NoexceptDeathTest, AtMinusO2ItIsTheFunctionThatIsLeft) {
  Config config;
  config.optimise = 2;
  EXPECT_DEATH(
      call(violating("__attribute__((noinline)) static int deep(int n) noexcept {\n  if (n) throw n;\n  return n;\n}\n"),
           config),
      "bundle 'b' generation 1: an object of type int would leave the noexcept function .* at main.cpp:4");
}

TEST(NoexceptDeathTest, ACallOfTerminateIsSaidToo) {
  EXPECT_DEATH(call(violating("static int deep(int) { std::terminate(); }\n")),
               "bundle 'b' generation 1: std::terminate was called in 'deep\\(int\\)'; the process ends");
}

TEST(NoexceptDeathTest, AHostWithALogHearsItThere) {
  Config config;
  config.log = [](LogLevel level, std::string_view line) {
    if (level == LogLevel::kError) fprintf(stderr, "in the log: %.*s\n", static_cast<int>(line.size()), line.data());
  };
  EXPECT_DEATH(call(violating("static int deep(int) noexcept { throw 7; }\n"), config),
               "in the log: bundle 'b' generation 1: an object of type int would leave");
}

// What a caller in another language, or another runtime, throws through a plugin: an exception that is none of C++'s.
TEST(CallsThatEndOddly, AForeignExceptionEndsAtThePluginsEdge) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime, Succeeds());
  ASSERT_THAT(runtime->load(text("b", "#include <unwind.h>\n#include <stdlib.h>\n" + kNumberContract +
                                          "static struct _Unwind_Exception thrown;\n"
                                          "static int32_t answer(void) { thrown.exception_class = 0x4649535f46495348; "
                                          "_Unwind_RaiseException(&thrown); return 1; }\n"
                                          "GRAFT_PROVIDE(number, {.number = answer})\n")),
              Succeeds());
  auto bound = runtime->bind<test_number>();
  const auto result = (*bound).call(&test_number::number);
  EXPECT_THAT(result, test::FailsWith(Code::kException, testing::HasSubstr("foreign")));
}

TEST(CallsThatEndOddly, ACancellationInsideAPluginEndsTheThreadAndNotTheProcess) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime, Succeeds());
  ASSERT_THAT(
      runtime->load(
          text("b", "#define _GNU_SOURCE\n#include <pthread.h>\n" + kNumberContract +
                        "static int32_t answer(void) { pthread_cancel(pthread_self()); pthread_testcancel(); return 1; }\n"
                        "GRAFT_PROVIDE(number, {.number = answer})\n")),
      Succeeds());
  auto bound = runtime->bind<test_number>();
  const auto body = [](void *opaque) -> void * {
    (*static_cast<Bound<test_number> *>(opaque))->number();
    return nullptr;
  };
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, nullptr, body, &*bound), 0);
  void *ended = nullptr;
  ASSERT_EQ(pthread_join(thread, &ended), 0);
  EXPECT_EQ(ended, PTHREAD_CANCELED);
  EXPECT_THAT(runtime->reload(text("b", test::number_text(2))), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
}

} // namespace
} // namespace graft
