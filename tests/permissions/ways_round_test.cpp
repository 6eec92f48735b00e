// Ways round the check at the link, and whether they are closed.
#include "closed.hpp"

#include <gtest/gtest.h>

/// A function of the host's program, visible to whoever looks into the process.
extern "C" __attribute__((visibility("default"), used)) int host_secret() { return 42; }

namespace graft {
namespace {

using test::answering;
using test::closed;
using test::FailsWith;
using test::number_of;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;

struct Way {
  const char *name;
  const char *before;
  const char *expression; ///< that takes the way, in C++
  const char *permission; ///< that it needs
};

constexpr Way kWays[] = {
    {"AFileStream", "#include <fstream>", "(std::ofstream(\"/dev/null\") << 1, 1)", "fs"},
    {"AnInheritedFileBuffer", "#include <fstream>\nstruct Mine : std::filebuf {};", "(Mine().open(\"/\", std::ios::in), 1)",
     "fs"},
    {"AWideFileBufferOfItsOwn", "#include <fstream>", "(std::basic_filebuf<char16_t>().open(\"/\", std::ios::in), 1)", "fs"},
    {"TheFileSystemLibrary", "#include <filesystem>", "(int)std::filesystem::exists(\"/\")", "fs"},
    {"AFileUnderItsLargeName", "#define _LARGEFILE64_SOURCE 1\n#include <cstdio>", "fopen64(\"/\", \"r\") != nullptr", "fs"},
    {"AFortifiedOpen", "extern \"C\" int __open_2(const char *, int);", "__open_2(\"/\", 0)", "fs"},
    {"AThread", "#include <thread>", "(std::thread([] {}).join(), 1)", "threads"},
    {"AnAsynchronousCall", "#include <future>", "std::async(std::launch::async, [] { return 1; }).get()", "threads"},
    {"ARandomDevice", "#include <random>", "(int)std::random_device()()", "random"},
    {"AClockOfTheCxxLibrary", "#include <chrono>", "(int)std::chrono::system_clock::now().time_since_epoch().count()",
     "time"},
    {"ALocaleByName", "#include <locale>", "(std::locale(\"C\"), 1)", "env"},
    {"AFacetByName",
     "#include <locale>\nstruct Mine : std::ctype_byname<char> { Mine() : ctype_byname(\"C\") {} ~Mine() override {} };",
     "(Mine(), 1)", "env"},
    {"TheEnvironmentAsData", "extern \"C\" char **environ;", "environ != nullptr", "env"},
    {"StandardOutputAsData", "#include <cstdio>", "fileno(stdout)", "io_console"},
    {"TheConsoleOfTheCxxLibrary", "#include <iostream>", "(std::cout << std::flush, 1)", "io_console"},
    {"ACommandLine", "#include <cstdlib>", "std::system(nullptr)", "process"},
    {"ATerminateHandler", "#include <exception>", "std::set_terminate(nullptr) != nullptr", "process"},
    {"AForkHandler", "#include <pthread.h>", "pthread_atfork(nullptr, nullptr, nullptr)", "process"},
    {"ALookUpByName", "#include <dlfcn.h>", "dlsym(RTLD_DEFAULT, \"open\") != nullptr", "dynlink"},
    {"AWalkOverTheLibraries", "#include <link.h>", "dl_iterate_phdr(nullptr, nullptr)", "dynlink"},
    {"ATimerThatSignals", "#include <ctime>\n#include <csignal>", "timer_create(0, nullptr, nullptr)", "signals"},
    {"TheAuxiliaryVector", "#include <sys/auxv.h>", "(int)getauxval(6)", "system"},
    {"MemoryThatRuns", "#include <sys/mman.h>", "mprotect(nullptr, 0, 7)", "memory_map"},
};

class WayRound : public testing::TestWithParam<Way> {};

TEST_P(WayRound, IsClosed) {
  const auto &[name, before, expression, permission] = GetParam();
  const std::string source = answering(std::string(before) + "\nstatic int ask = 0;\nint *asked = &ask;",
                                       "*asked ? " + std::string(expression) + " : 7");
  EXPECT_THAT(Runtime::create()->load(closed("", source)),
              FailsWith(Code::kRefused, HasSubstr("'" + std::string(permission) + "'")));
  const auto runtime = Runtime::create();
  std::string list = "\"" + std::string(permission) + "\"";
  for (const char *also : {"time", "threads", "fs"})
    if (also != std::string(permission)) list += ", \"" + std::string(also) + "\"";
  ASSERT_THAT(runtime->load(closed(list, source)), Succeeds());
  EXPECT_EQ(number_of(*runtime), 7);
}

INSTANTIATE_TEST_SUITE_P(Each, WayRound, testing::ValuesIn(kWays), [](const auto &info) { return info.param.name; });

TEST(WaysRound, AFunctionOfTheHostIsNotThereUnlessTheHostSaysSo) {
  const std::string source = answering("extern \"C\" int host_secret();", "host_secret()");
  for (const char *list : {"", "\"fs\", \"process\", \"dynlink\""})
    EXPECT_THAT(Runtime::create()->load(closed(list, source)),
                FailsWith(Code::kRefused,
                          AllOf(HasSubstr("'host_secret' at main.cpp:"), HasSubstr("is the host's or another library's"))));
  const Config config{.permissions = {.custom = {{"acme.secret", {"host_secret"}}}}};
  EXPECT_THAT(Runtime::create(config)->load(closed("", source)),
              FailsWith(Code::kRefused, HasSubstr("needs permission 'acme.secret'")));
  const auto runtime = Runtime::create(config);
  ASSERT_THAT(runtime->load(closed("\"acme.secret\"", source)), Succeeds());
  EXPECT_EQ(number_of(*runtime), 42);
}

TEST(WaysRound, GraftItselfIsNotThere) {
  EXPECT_THAT(Runtime::create()->load(closed("\"fs\"", answering("extern \"C\" void graft_runtime_destroy(void *);",
                                                                 "(graft_runtime_destroy(nullptr), 1)"))),
              FailsWith(Code::kRefused, HasSubstr("'graft_runtime_destroy'")));
}

TEST(WaysRound, AMistypedNameIsStillCalledUndefined) {
  EXPECT_THAT(Runtime::create()->load(closed("", answering("extern \"C\" int no_such_thing();", "no_such_thing()"))),
              FailsWith(Code::kInvalid, HasSubstr("undefined symbol 'no_such_thing'")));
}

TEST(WaysRound, SystemCallsByNumberAreFutexesAlone) {
  const auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(closed("", answering("#include <cerrno>\n#include <sys/syscall.h>\n#include <unistd.h>",
                                                 "syscall(SYS_getpid) == -1 && errno == EPERM ? 1 : 0"))),
              Succeeds());
  EXPECT_EQ(number_of(*runtime), 1);
}

TEST(WaysRound, WaitingForAnAtomicNeedsNoPermission) {
  const auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(closed("\"threads\"",
                                   answering(R"(
#include <atomic>
#include <thread>
static int meet() {
  std::atomic<int> value{0};
  std::jthread other([&] { value.store(5), value.notify_one(); });
  value.wait(0);
  return value;
})",
                                             "meet()"),
                                   "main.cpp", "standard = \"c++20\"\n")),
              Succeeds());
  EXPECT_EQ(number_of(*runtime), 5);
}

TEST(WaysRound, AVariableOfTheHostIsNotSharedBehindItsBack) {
  // The bundle's own copy of an inline variable that the process has as well: merged with a list that covers it, else its
  // own.
  const auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(closed("", answering("__attribute__((weak)) int host_secret = 7;", "host_secret"))), Succeeds());
  EXPECT_EQ(number_of(*runtime), 7);
}

} // namespace
} // namespace graft
