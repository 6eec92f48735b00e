// Does each thread have its own, and is it gone when it should be?
#include "matchers.hpp"
#include "objects.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace graft::test {
namespace {

std::atomic<int> destroyed = 0;
void note_destroyed() { ++destroyed; }

const SourceText kPlain{
    "a.c", "static _Thread_local int mine = 10; _Thread_local int big[300]; int next(void) { return ++mine + big[299]; }"};
const SourceText kWithDestructor{"a.cpp",
                                 "extern \"C\" void note_destroyed();\nstruct T { int n = 5; ~T() { note_destroyed(); } };\n"
                                 "thread_local T mine;\nextern \"C\" int next() { return ++mine.n; }"};

class ThreadLocals : public testing::Test {
 protected:
  void SetUp() override { destroyed = 0; }
  std::unique_ptr<jit::Image> linked(const SourceText &source, std::vector<std::string> exports) {
    return link(*linker_, artifact({source}), std::move(exports),
                {{"note_destroyed", reinterpret_cast<const void *>(&note_destroyed)}});
  }
  std::unique_ptr<jit::Linker> linker_ = make_linker();
};

TEST_F(ThreadLocals, EachThreadHasItsOwn) {
  auto image = linked(kPlain, {"next"});
  auto *next = function<int()>(*image, "next");
  EXPECT_EQ(next(), 11);
  EXPECT_EQ(next(), 12);
  int other = 0;
  std::thread([&] { other = next(); }).join();
  EXPECT_EQ(other, 11);
  EXPECT_EQ(next(), 13);
}

TEST_F(ThreadLocals, ANewImageStartsFresh) {
  for (int i = 0; i < 3; ++i) {
    auto image = linked(kPlain, {"next"});
    EXPECT_EQ(function<int()>(*image, "next")(), 11);
  }
}

TEST_F(ThreadLocals, DestructorsRunWhenTheThreadEnds) {
  auto image = linked(kWithDestructor, {"next"});
  std::thread([&] { EXPECT_EQ(function<int()>(*image, "next")(), 6); }).join();
  EXPECT_EQ(destroyed, 1);
}

TEST_F(ThreadLocals, FinalisersRunTheDestructorsOfThreadsThatLiveOn) {
  auto image = linked(kWithDestructor, {"next"});
  ASSERT_THAT(image->run_initialisers(), Succeeds());
  std::atomic<int> step = 0;
  std::thread other([&] {
    function<int()>(*image, "next")();
    step = 1;
    step.notify_all();
    step.wait(1); // the image goes while this thread lives
  });
  step.wait(0);
  function<int()>(*image, "next")();
  image->run_finalisers();
  EXPECT_EQ(destroyed, 2);
  image.reset();
  step = 2;
  step.notify_all();
  other.join();
  EXPECT_EQ(destroyed, 2);
}

TEST_F(ThreadLocals, AnImageThatIsOnlyDestroyedLeavesNothingForThreadsToRun) {
  auto image = linked(kWithDestructor, {"next"});
  std::thread([&] {
    function<int()>(*image, "next")();
    image.reset();
  }).join();
  EXPECT_EQ(destroyed, 0);
}

TEST_F(ThreadLocals, InlineThreadLocalsOfTwoFilesAreOne) {
  const std::string header = "inline thread_local int shared = 1;\n";
  auto image = link(*linker_,
                    artifact({{"a.cpp", header + "extern \"C\" int f() { return ++shared; }"},
                              {"b.cpp", header + "extern \"C\" int g() { return ++shared; }"}}),
                    {"f", "g"});
  EXPECT_EQ(function<int()>(*image, "f")(), 2);
  EXPECT_EQ(function<int()>(*image, "g")(), 3);
}

TEST_F(ThreadLocals, StdThreadRunsInsideTheImage) {
  auto image = linked(
      {"a.cpp",
       "#include <thread>\n#include <atomic>\nextern \"C\" int f() { std::atomic<int> n = 0; thread_local int mine = 0;\n"
       "auto work = [&] { for (int i = 0; i < 1000; ++i) { ++mine; ++n; } };\n"
       "std::thread a(work), b(work); a.join(); b.join(); return n + mine; }"},
      {"f"});
  EXPECT_EQ(function<int()>(*image, "f")(), 2000);
}

TEST_F(ThreadLocals, CallOnceAndFuturesWorkInsideTheImage) {
  auto image = linked(
      {"a.cpp", "#include <future>\n#include <mutex>\nstatic std::once_flag once; static int calls;\n"
                "extern \"C\" int f() { std::call_once(once, [] { ++calls; }); std::call_once(once, [] { ++calls; });\n"
                "auto later = std::async(std::launch::async, [] { return 40; }); std::promise<int> p; p.set_value(1);\n"
                "return later.get() + p.get_future().get() + calls; }"},
      {"f"});
  EXPECT_EQ(function<int()>(*image, "f")(), 42);
}

TEST_F(ThreadLocals, ErrnoIsTheHosts) {
  auto image = linked({"a.c", "#include <errno.h>\nvoid f(void) { errno = 77; }"}, {"f"});
  errno = 0;
  function<void()>(*image, "f")();
  EXPECT_EQ(errno, 77);
}

} // namespace
} // namespace graft::test
