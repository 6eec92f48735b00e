// The check at the link: each permission, by a function of it.
#include "closed.hpp"
#include "seed.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

namespace graft {
namespace {

using test::answering;
using test::closed;
using test::FailsWith;
using test::number_of;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Function {
  const char *permission;
  const char *name;
  const char *header;
  const char *call; ///< in C and C++; need not run
};

constexpr Function kFunctions[] = {
    {"fs", "open", "fcntl.h", "open(\"/\", 0)"},
    {"fs", "opendir", "dirent.h", "opendir(\"/\") != 0"},
    {"net", "socket", "sys/socket.h", "socket(1, 1, 0)"},
    {"net", "getaddrinfo", "netdb.h", "getaddrinfo(0, 0, 0, 0)"},
    {"process", "fork", "unistd.h", "fork()"},
    {"process", "exit", "stdlib.h", "(exit(1), 0)"},
    {"threads", "pthread_create", "pthread.h", "pthread_create(0, 0, 0, 0)"},
    {"time", "clock_gettime", "time.h", "clock_gettime(0, 0)"},
    {"random", "getrandom", "sys/random.h", "(int)getrandom(0, 0, 0)"},
    {"env", "getenv", "stdlib.h", "getenv(\"HOME\") != 0"},
    {"dynlink", "dlopen", "dlfcn.h", "dlopen(0, 1) != 0"},
    {"signals", "sigaction", "signal.h", "sigaction(1, 0, 0)"},
    {"ipc", "pipe", "unistd.h", "pipe(0)"},
    {"memory_map", "mmap", "sys/mman.h", "mmap(0, 0, 0, 0, 0, 0) != 0"},
    {"io_console", "puts", "stdio.h", "puts(\"no\")"},
    {"user", "getuid", "unistd.h", "(int)getuid()"},
    {"system", "uname", "sys/utsname.h", "uname(0)"},
};

class Permission : public testing::TestWithParam<Function> {
 protected:
  static std::string source() {
    const auto &[permission, name, header, call] = GetParam();
    return answering("#include <" + std::string(header) + ">\nint ask = 0;", "ask ? " + std::string(call) + " : 7");
  }
};

TEST_P(Permission, IsNeededForItsFunction) {
  const auto runtime = Runtime::create();
  EXPECT_THAT(runtime->load(closed("", source(), "main.c")),
              FailsWith(Code::kRefused, AllOf(HasSubstr("main.c:5:"), HasSubstr("'" + std::string(GetParam().name) + "'"),
                                              HasSubstr("permission '" + std::string(GetParam().permission) + "'"),
                                              HasSubstr("to 'permissions' in "))));
  EXPECT_TRUE(runtime->bundles().empty());
}

TEST_P(Permission, IsEnoughForItsFunction) {
  const auto runtime = Runtime::create();
  const std::string list = "\"" + std::string(GetParam().permission) + "\"";
  ASSERT_THAT(runtime->load(closed(list, source(), "main.c")), Succeeds());
  EXPECT_EQ(number_of(*runtime), 7);
}

TEST_P(Permission, IsNoneOfTheOthers) {
  std::string others;
  for (const PermissionInfo &one : permissions())
    if (one.name != "libc" && one.name != GetParam().permission)
      others += (others.empty() ? "\"" : ", \"") + std::string(one.name) + "\"";
  EXPECT_THAT(Runtime::create()->load(closed(others, source(), "main.c")),
              FailsWith(Code::kRefused, HasSubstr(GetParam().name)));
}

INSTANTIATE_TEST_SUITE_P(Each, Permission, testing::ValuesIn(kFunctions),
                         [](const auto &info) { return std::string(info.param.permission) + "_" + info.param.name; });

TEST(Permissions, TheWholeProcessIsWhatABundleWithoutAListHas) {
  const auto runtime = Runtime::create();
  const auto bundle =
      runtime->load(test::text("open", "#define _GNU_SOURCE\n" + answering("#include <unistd.h>\n#include <sys/syscall.h>",
                                                                           "(int)(syscall(SYS_getpid) > 0)")));
  ASSERT_THAT(bundle, Succeeds());
  EXPECT_EQ(number_of(*runtime), 1);
  EXPECT_EQ((*bundle).permissions, std::vector<std::string>{"libc"});
}

TEST(Permissions, AWholeProcessIsWhatLibcInAListMeans) {
  const auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(closed("\"libc\"", answering("#include <unistd.h>", "getpid() > 0"))), Succeeds());
  EXPECT_EQ(number_of(*runtime), 1);
}

TEST(Permissions, AllThatIsMissingIsToldAtOnceWithItsLine) {
  const auto failure = Runtime::create()->load(closed(
      "\"time\"",
      answering("#include <fcntl.h>\n#include <time.h>\n#include <unistd.h>", "open(\"/\", 0) +\n fork() +\n (int)time(0)"),
      "main.c"));
  EXPECT_THAT(failure, FailsWith(Code::kRefused,
                                 AllOf(HasSubstr("'fork' at main.c:7:"), HasSubstr("'open' at main.c:6:"),
                                       HasSubstr("add \"fs\", \"process\" to 'permissions'"), Not(HasSubstr("'time'")))));
}

TEST(Permissions, NothingOfABundleRunsThatLacksOne) {
  std::string said;
  const auto runtime = Runtime::create({.log = [&](LogLevel, std::string_view line) { said += line; }});
  const std::string source =
      answering("#include <fcntl.h>\nint ask = 0;\nstatic struct S { S() { graft_self.log(&graft_self, "
                "GRAFT_LOG_ERROR, graft_str_of(\"it runs\")); } } s;",
                "ask ? open(\"/\", 0) : 0");
  EXPECT_THAT(runtime->load(closed("", source)), FailsWith(Code::kRefused, HasSubstr("'open'")));
  EXPECT_THAT(said, Not(HasSubstr("it runs")));
  ASSERT_THAT(runtime->load(closed("\"fs\"", source)), Succeeds());
  EXPECT_THAT(said, HasSubstr("it runs"));
}

TEST(Permissions, CodeThatComputesNeedsNone) {
  const auto runtime = Runtime::create();
  const auto bundle = runtime->load(closed("", answering(R"(
#include <algorithm>
#include <charconv>
#include <cmath>
#include <condition_variable>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>
#include <cstdio>
#include <cstdlib>
#include <cstring>
static std::mutex mutex;
static int compute() {
  const std::lock_guard lock(mutex);
  std::unordered_map<std::string, std::shared_ptr<int>> map{{"seven", std::make_shared<int>(7)}};
  std::vector<double> numbers{3, 1, 2};
  std::sort(numbers.begin(), numbers.end());
  std::ostringstream text;
  text << numbers[0] << std::pow(numbers[2], 2.0) << std::regex_replace(std::string("ab"), std::regex("b"), "c");
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%s", text.str().c_str());
  std::function<void()> thrower = [] { throw std::runtime_error("out"); };
  try { thrower(); } catch (const std::exception &failure) { map["out"] = std::make_shared<int>(std::strlen(failure.what())); }
  return *map["seven"] + (std::string(buffer) == "19ac" ? 100 : 0) + (map["out"] ? 1000 : 0);
})",
                                                         "compute()")));
  ASSERT_THAT(bundle, Succeeds());
  EXPECT_EQ(number_of(*runtime), 1107);
  EXPECT_TRUE((*bundle).permissions.empty());
}

TEST(Permissions, AnyOneOfSeveralCoversADescriptor) {
  const std::string source = answering("#include <unistd.h>\nint ask = 0;", "ask ? (int)read(0, 0, 0) : 7");
  for (const char *list : {"\"fs\"", "\"net\"", "\"ipc\"", "\"process\"", "\"io_console\""})
    EXPECT_THAT(Runtime::create()->load(closed(list, source)), Succeeds()) << list;
  EXPECT_THAT(Runtime::create()->load(closed("\"time\"", source)),
              FailsWith(Code::kRefused, HasSubstr("'read' at main.cpp:5:")));
  EXPECT_THAT(Runtime::create()->load(closed("", source)),
              FailsWith(Code::kRefused, HasSubstr("one of 'fs', 'net', 'process', 'ipc', 'io_console'")));
}

TEST(Permissions, AWeakReferenceToWhatIsDeniedIsNull) {
  const std::string source = answering("extern int open(const char *, int, ...) __attribute__((weak));\n"
                                       "extern int pthread_create(void *, void *, void *, void *) __attribute__((weak));",
                                       "(open != 0) + 2 * (pthread_create != 0)");
  for (const auto &[list, expected] : {std::pair("", 0), std::pair("\"fs\"", 1), std::pair("\"threads\"", 2)}) {
    const auto runtime = Runtime::create();
    ASSERT_THAT(runtime->load(closed(list, source, "main.c")), Succeeds());
    EXPECT_EQ(number_of(*runtime), expected) << list;
  }
}

TEST(Permissions, AreKnownByNameOnly) {
  const std::string source = answering("", "1");
  EXPECT_THAT(Runtime::create()->load(closed("\"kv_reed\"", source)),
              FailsWith(Code::kInvalid, HasSubstr("graft.toml:2:16: 'kv_reed' is no permission")));
  EXPECT_THAT(Runtime::create()->load(closed("\"acme.thing\"", source)),
              FailsWith(Code::kInvalid, HasSubstr("graft.toml:2:16: 'acme.thing' is no permission")));
  EXPECT_THAT(Runtime::create({.permissions = {.custom = {{"acme.things"}}}})->load(closed("\"acme.thing\"", source)),
              FailsWith(Code::kInvalid, HasSubstr("did you mean 'acme.things'?")));
}

TEST(Permissions, BoundsOfTheHostAreKept) {
  const std::string source = answering("", "1");
  const Config config{.permissions = {.at_most = {{"fs", "kv"}}}};
  EXPECT_THAT(Runtime::create(config)->load(closed("\"fs\"", source)), Succeeds());
  EXPECT_THAT(Runtime::create(config)->load(closed("\"kv\", \"net\"", source)),
              FailsWith(Code::kRefused, AllOf(HasSubstr("graft.toml:2:22: bundle 'closed' asks for permission 'net'"),
                                              HasSubstr("at most 'fs', 'kv'"))));
  EXPECT_THAT(Runtime::create(config)->load(test::text("open", source)),
              FailsWith(Code::kRefused, HasSubstr("does not list its permissions")));
}

TEST(Permissions, RulesOfAHostAreChecked) {
  for (const auto &[rules, said] : std::vector<std::pair<PermissionRules, const char *>>{
           {{.at_most = {{"fz"}}}, "'fz' is no permission; did you mean 'fs'?"},
           {{.custom = {{"acme"}}}, "'acme' cannot name a permission of the host's own"},
           {{.custom = {{"acme.a"}, {"acme.a"}}}, "declares permission 'acme.a' twice"},
           {{.custom = std::vector<CustomPermission>(33, {"acme.a"})}, "33 permissions of its own, at most 32"}})
    EXPECT_THAT(Runtime::create({.permissions = rules}), FailsWith(Code::kInvalid, HasSubstr(said)));
}

/// Random lists against random symbols of the whole table: the outcome is what the table says, one by one.
TEST(Permissions, WhateverIsAskedForTheTableDecides) {
  std::mt19937 random(test::seed_of_run());
  std::vector<std::string> symbols;
  std::ifstream table(GRAFT_SOURCE_DIR "/runtime/src/permit/symbols.txt");
  for (std::string name, words; table >> name >> words;)
    if (::dlsym(RTLD_DEFAULT, name.c_str()) != nullptr) symbols.push_back(name);
  ASSERT_GT(symbols.size(), 5000u);
  for (int round = 0; round < 6; ++round) {
    constexpr int kSymbols = 24; // each is a bit
    std::string list, declarations, sum = "0";
    std::set<std::string> granted;
    for (const PermissionInfo &one : permissions())
      if (one.name != "libc" && random() % 3 == 0 && granted.emplace(one.name).second)
        list += (list.empty() ? "\"" : ", \"") + std::string(one.name) + "\"";
    std::shuffle(symbols.begin(), symbols.end(), random);
    int expected = 0;
    for (int i = 0; i < kSymbols; ++i) {
      const std::string words(permission_of(symbols[static_cast<std::size_t>(i)]).value_or(""));
      bool is_allowed = words == "harmless";
      for (std::istringstream rest(words); !is_allowed && rest;) {
        std::string word;
        if (std::getline(rest, word, '|')) is_allowed = granted.contains(word);
      }
      if (is_allowed || symbols[static_cast<std::size_t>(i)] == "syscall") expected |= 1 << i;
      declarations += "extern char s" + std::to_string(i) + "[] __asm__(\"" + symbols[static_cast<std::size_t>(i)] +
                      "\") __attribute__((weak));\n";
      sum += " | (s" + std::to_string(i) + " != 0) << " + std::to_string(i);
    }
    const auto runtime = Runtime::create();
    ASSERT_THAT(runtime->load(closed(list, answering(declarations, sum), "main.c")), Succeeds()) << list << declarations;
    EXPECT_EQ(number_of(*runtime), expected) << list << "\n" << declarations;
  }
}

} // namespace
} // namespace graft
