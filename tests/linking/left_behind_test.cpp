// Threads, timers, keys and signal handlers that an image's code starts and leaves: counted while they run, taken back at
// its end.
#include "matchers.hpp"
#include "objects.hpp"
#include "sanitizers.hpp"

#include <gtest/gtest.h>
#include <sys/time.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory_resource>
#include <new>
#include <string>
#include <thread>

namespace graft::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// What the images' threads wait for, and what they count.
struct Meeting {
  std::atomic<int> go{0};
  std::atomic<int> done{0};
};
Meeting *current = nullptr;
void wait_for_go() { current->go.wait(0); }
void count_done() { current->done.fetch_add(1); }

constexpr const char *kMeeting = "void wait_for_go(void); void count_done(void);\n";

class LeftBehind : public testing::Test {
 protected:
  void SetUp() override { current = &meeting_; }
  std::unique_ptr<jit::Image> run(const SourceText &source, std::vector<std::string> exports = {"f"}) {
    auto image = link(*linker_, artifact({source}), std::move(exports),
                      {{"wait_for_go", reinterpret_cast<const void *>(&wait_for_go)},
                       {"count_done", reinterpret_cast<const void *>(&count_done)}});
    EXPECT_THAT(image->run_initialisers(), Succeeds());
    return image;
  }
  void let_go() {
    meeting_.go.store(1);
    meeting_.go.notify_all();
  }
  static void await_end(const jit::Image &image) {
    while (!image.threads().empty()) std::this_thread::yield();
  }

  Meeting meeting_;
  std::unique_ptr<jit::Linker> linker_ = make_linker();
};

TEST_F(LeftBehind, AThreadOfPthreadCreateCountsUntilItEnds) {
  auto image =
      run({"a.c", std::string(kMeeting) +
                      "#include <pthread.h>\n"
                      "static void *body(void *n) { wait_for_go(); count_done(); return n; }\n"
                      "int f(void) { pthread_t t; int e = pthread_create(&t, 0, body, 0); pthread_detach(t); return e; }"});
  EXPECT_THAT(image->threads(), IsEmpty());
  ASSERT_EQ(function<int()>(*image, "f")(), 0);
  EXPECT_THAT(image->threads(), SizeIs(1));
  let_go();
  await_end(*image);
  EXPECT_EQ(meeting_.done.load(), 1);
  image->run_finalisers();
}

TEST_F(LeftBehind, AThreadOfC11CountsAndItsResultIsItsOwn) {
  if (kThreadSanitized)
    GTEST_SKIP() << "ThreadSanitizer does not see thrd_create, and crashes in a thread that it does not know";
  auto image =
      run({"a.c", std::string(kMeeting) +
                      "#include <threads.h>\nstatic int body(void *n) { count_done(); return 7; }\n"
                      "int f(void) { thrd_t t; int r = 0; thrd_create(&t, body, 0); thrd_join(t, &r); return r; }"});
  EXPECT_EQ(function<int()>(*image, "f")(), 7);
  await_end(*image);
  EXPECT_EQ(meeting_.done.load(), 1);
}

TEST_F(LeftBehind, AStdThreadCountsAndWhatItHoldsIsDestroyedBeforeItIsGone) {
  auto image = run({"a.cpp", "#include <thread>\n#include <memory>\nextern \"C\" {" + std::string(kMeeting) +
                                 "}\nstruct Held { ~Held() { count_done(); } };\n"
                                 "extern \"C\" void f() { auto held = std::make_unique<Held>();\n"
                                 "std::thread([held = std::move(held)] { wait_for_go(); }).detach(); }"});
  function<void()>(*image, "f")();
  EXPECT_THAT(image->threads(), SizeIs(1));
  EXPECT_EQ(meeting_.done.load(), 0);
  let_go();
  await_end(*image);
  EXPECT_EQ(meeting_.done.load(), 1);
}

TEST_F(LeftBehind, AThreadThatLeavesByPthreadExitIsGoneToo) {
  auto image = run({"a.c", std::string(kMeeting) +
                               "#include <pthread.h>\n"
                               "static void *body(void *n) { count_done(); pthread_exit(0); }\n"
                               "void f(void) { pthread_t t; pthread_create(&t, 0, body, 0); pthread_join(t, 0); }"});
  function<void()>(*image, "f")();
  await_end(*image);
  EXPECT_EQ(meeting_.done.load(), 1);
}

TEST_F(LeftBehind, AThreadCountsWhileTheDestructorsOfItsThreadLocalsRun) {
  auto image = run({"a.cpp", "#include <thread>\nextern \"C\" {" + std::string(kMeeting) +
                                 "}\nstruct Slow { ~Slow() { wait_for_go(); count_done(); } };\nthread_local Slow slow;\n"
                                 "extern \"C\" void f() { std::thread([] { (void)&slow; }).detach(); }"});
  function<void()>(*image, "f")();
  EXPECT_THAT(image->threads(), SizeIs(1));
  let_go();
  await_end(*image);
  EXPECT_EQ(meeting_.done.load(), 1);
}

TEST_F(LeftBehind, AnExceptionEndsItsThreadAndIsToldAtTheEnd) {
  auto image = run({"a.cpp", "#include <stdexcept>\n#include <thread>\nextern \"C\" void f() {\n"
                             "std::thread([] { throw std::runtime_error(\"no socket\"); }).join(); }"});
  function<void()>(*image, "f")();
  await_end(*image);
  image->run_finalisers();
  EXPECT_THAT(image->take_back(), ElementsAre(HasSubstr("std::runtime_error: no socket")));
}

TEST_F(LeftBehind, ATimerIsEndedAndItsFunctionIsNotCalledAgain) {
  if (kThreadSanitized)
    GTEST_SKIP() << "the C library calls a timer on a thread that ThreadSanitizer does not know, and crashes in";
  auto image = run(
      {"a.c", "#define _GNU_SOURCE\n" + std::string(kMeeting) +
                  "#include <signal.h>\n#include <time.h>\n"
                  "static void tick(union sigval value) { count_done(); }\n"
                  "int f(void) { struct sigevent e = {0}; e.sigev_notify = SIGEV_THREAD; e.sigev_notify_function = tick;\n"
                  "timer_t t; if (timer_create(CLOCK_MONOTONIC, &e, &t)) return 1;\n"
                  "struct itimerspec often = {{0, 1000000}, {0, 1000000}}; return timer_settime(t, 0, &often, 0); }"});
  ASSERT_EQ(function<int()>(*image, "f")(), 0);
  while (meeting_.done.load() < 3) std::this_thread::yield();
  EXPECT_THAT(image->end_timers(), ElementsAre("1 timer"));
  await_end(*image);
  const int counted = meeting_.done.load();
  std::this_thread::sleep_for(std::chrono::milliseconds(50)); // it would have come by now
  EXPECT_EQ(meeting_.done.load(), counted);
}

TEST_F(LeftBehind, AKeyIsDeletedSoThatNoThreadRunsItsDestructorLater) {
  auto image =
      run({"a.c", std::string(kMeeting) +
                      "#include <pthread.h>\nstatic void drop(void *p) { count_done(); }\n"
                      "int f(void) { pthread_key_t k; pthread_key_create(&k, drop); return pthread_setspecific(k, &k); }"});
  std::atomic<bool> image_is_gone{false};
  std::atomic<bool> is_set{false};
  std::thread host([&] {
    EXPECT_EQ(function<int()>(*image, "f")(), 0);
    is_set = true;
    is_set.notify_all();
    image_is_gone.wait(false);
  });
  is_set.wait(false);
  image->run_finalisers();
  EXPECT_THAT(image->take_back(), ElementsAre("1 thread-specific key"));
  image.reset();
  image_is_gone = true;
  image_is_gone.notify_all();
  host.join();
  EXPECT_EQ(meeting_.done.load(), 0);
}

TEST_F(LeftBehind, ASignalWhoseHandlerGoesHasItsDefaultAgain) {
  auto image = run({"a.c", "#include <signal.h>\nstatic void handle(int n) {}\nvoid f(void) { signal(SIGUSR2, handle); }"});
  function<void()>(*image, "f")();
  image->run_finalisers();
  EXPECT_THAT(image->take_back(), ElementsAre(HasSubstr("the handler of User defined signal 2")));
  struct sigaction now{};
  sigaction(SIGUSR2, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST_F(LeftBehind, WhatAnImageEndedItselfIsNotTold) {
  auto image =
      run({"a.c", "#define _GNU_SOURCE\n#include <pthread.h>\n#include <signal.h>\n#include <time.h>\n"
                  "void f(void) { pthread_key_t k; pthread_key_create(&k, 0); pthread_key_delete(k);\n"
                  "struct sigevent e = {0}; e.sigev_notify = SIGEV_NONE; timer_t t; timer_create(CLOCK_REALTIME, &e, &t);\n"
                  "timer_delete(t); }"});
  function<void()>(*image, "f")();
  EXPECT_THAT(image->end_timers(), IsEmpty());
  image->run_finalisers();
  EXPECT_THAT(image->take_back(), IsEmpty());
}

TEST_F(LeftBehind, AnIntervalTimerEndsWithItsHandler) {
  auto image = run({"a.c", "#define _GNU_SOURCE\n#include <signal.h>\n#include <sys/time.h>\n"
                           "static void tick(int signal) { (void)signal; }\n"
                           "int f(void) { struct sigaction a = {0}; a.sa_handler = tick; sigaction(SIGVTALRM, &a, 0);\n"
                           "struct itimerval often = {{0, 1000}, {100, 0}}; return setitimer(ITIMER_VIRTUAL, &often, 0); }"});
  ASSERT_EQ(function<int()>(*image, "f")(), 0);
  EXPECT_THAT(image->take_back(), ElementsAre(HasSubstr("and its interval timer")));
  itimerval left{};
  ASSERT_EQ(::getitimer(ITIMER_VIRTUAL, &left), 0);
  EXPECT_EQ(left.it_value.tv_sec, 0);
  struct sigaction action{};
  ::sigaction(SIGVTALRM, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_DFL);
}

TEST_F(LeftBehind, HandlersOfTheCxxLibraryAreTakenBack) {
  const auto before = std::get_terminate();
  auto image = run({"a.cpp", "#include <cstdlib>\n#include <exception>\n#include <memory_resource>\n#include <new>\n"
                             "static std::pmr::monotonic_buffer_resource all;\n"
                             "extern \"C\" void f() { std::set_new_handler([] { std::abort(); });\n"
                             "std::set_terminate([] { std::abort(); }); std::pmr::set_default_resource(&all); }"});
  function<void()>(*image, "f")();
  image->run_finalisers();
  EXPECT_THAT(image->take_back(), ElementsAre(HasSubstr("set_new_handler"), HasSubstr("set_terminate"),
                                              HasSubstr("set_default_resource")));
  EXPECT_EQ(std::get_new_handler(), nullptr);
  EXPECT_EQ(std::pmr::get_default_resource(), std::pmr::new_delete_resource());
  EXPECT_EQ(std::get_terminate(), before);
  std::set_terminate(before);
}

TEST_F(LeftBehind, AFunctionOfOnExitRunsAtTheEndOfItsImageInOrder) {
  auto image = run({"a.c", "#define _GNU_SOURCE\n#include <stdlib.h>\n" + std::string(kMeeting) +
                               "int order;\n"
                               "static void told(int status, void *n) { order = order * 10 + status + *(int *)n; }\n"
                               "static void plain(void) { order = order * 10 + 2; count_done(); }\n"
                               "int *f(void) { static int one = 1, three = 3;\n"
                               "on_exit(told, &three); atexit(plain); on_exit(told, &one); return &order; }"});
  const int *const order = function<int *()>(*image, "f")();
  image->run_finalisers();
  EXPECT_EQ(*order, 123);
  EXPECT_EQ(meeting_.done.load(), 1);
}

TEST_F(LeftBehind, AVariableThatWasPutIntoTheEnvironmentStaysAsACopy) {
  auto image = run({"a.c", "#define _GNU_SOURCE\n#include <stdlib.h>\nstatic char text[] = \"GRAFT_TEST_LEFT=first\";\n"
                           "void f(void) { putenv(text); __builtin_memcpy(text + 16, \"later\", 5); }"});
  function<void()>(*image, "f")();
  ASSERT_STREQ(std::getenv("GRAFT_TEST_LEFT"), "later");
  const char *const own = std::getenv("GRAFT_TEST_LEFT");
  image->run_finalisers();
  EXPECT_THAT(image->take_back(), ElementsAre(HasSubstr("the text of GRAFT_TEST_LEFT in the environment")));
  EXPECT_NE(std::getenv("GRAFT_TEST_LEFT"), own);
  image.reset();
  EXPECT_STREQ(std::getenv("GRAFT_TEST_LEFT"), "later");
  ::unsetenv("GRAFT_TEST_LEFT");
}

TEST_F(LeftBehind, AStreamOfTheHostWorksOnWithoutTheBufferOfAnImage) {
  auto image = run({"a.c", "#define _GNU_SOURCE\n#include <stdio.h>\nstatic char all[4096], some[4096], one[BUFSIZ];\n"
                           "void f(FILE *a, FILE *b, FILE *c) { setvbuf(a, all, _IOFBF, sizeof all);\n"
                           "setbuffer(b, some, sizeof some); setbuf(c, one); }"});
  std::array<FILE *, 3> files{std::tmpfile(), std::tmpfile(), std::tmpfile()};
  function<void(FILE *, FILE *, FILE *)>(*image, "f")(files[0], files[1], files[2]);
  for (FILE *file : files) std::fputs("before", file);
  image->run_finalisers();
  image.reset();
  for (FILE *file : files) {
    std::fputs(" and after", file);
    std::rewind(file);
    char text[32] = {};
    EXPECT_STREQ(std::fgets(text, sizeof text, file), "before and after");
    std::fclose(file);
  }
}

TEST_F(LeftBehind, TheStandardStreamsGoBackToTheProcesssOwn) {
  std::streambuf *const before = std::clog.rdbuf();
  std::wstreambuf *const wide = std::wcerr.rdbuf();
  auto image = run({"a.cpp", "#include <iostream>\n#include <sstream>\n"
                             "struct Nowhere : std::wstreambuf {};\nstatic std::stringbuf text;\n"
                             "alignas(Nowhere) static char nowhere[sizeof(Nowhere)]; // that no destructor ends\n"
                             "extern \"C\" void f() { std::clog.rdbuf(&text); std::wcerr.rdbuf(::new (nowhere) Nowhere); }"});
  function<void()>(*image, "f")();
  image->run_finalisers();
  EXPECT_THAT(image->take_back(), ElementsAre(HasSubstr("std::clog"), HasSubstr("std::wcerr")));
  image.reset();
  testing::internal::CaptureStderr();
  std::clog << "it goes on" << std::flush;
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "it goes on");
  std::clog.rdbuf(before);
  std::wcerr.rdbuf(wide);
}

TEST_F(LeftBehind, WhatNobodyCouldTakeBackIsRefusedAtTheLink) {
  const auto refused = [&](const std::string &code) {
    jit::LinkOptions options;
    options.name = "test";
    options.exports = {"f"};
    const std::string headers = "#define _GNU_SOURCE\n#include <printf.h>\n#include <signal.h>\n";
    return linker_->link(artifact({{"a.c", headers + code}}), options);
  };
  EXPECT_THAT(refused("int f(printf_function *a, printf_arginfo_size_function *b) {"
                      "return register_printf_specifier('W', a, b); }"),
              FailsWith(Code::kUnsupported, HasSubstr("'register_printf_specifier' makes the C library call")));
  EXPECT_THAT(refused("int f(stack_t *s) { return sigaltstack(s, 0); }"),
              FailsWith(Code::kUnsupported, HasSubstr("'sigaltstack' leaves its stack with the thread")));
}

} // namespace
} // namespace graft::test
