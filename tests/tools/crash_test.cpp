// A plugin that crashes its host, where that is the command: the person in front of it is told whose code it was, and the process ends by
// the signal.
#include "process.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char *kCode = "#include <graft/abi.h>\nGRAFT_CONTRACT(t, \"test.t\", 1, 0) { int32_t (*f)(int32_t *out); };\n"
                              "static void store(volatile int32_t *where) {\n  *where = 1;\n}\n"
                              "static int32_t f(int32_t *out) {\n  (void)out;\n  store(0);\n  return 1;\n}\nGRAFT_PROVIDE(t, {.f = f})\n";

class Crash : public testing::Test {
 protected:
  Outcome run(const std::string &flags, std::vector<std::string> words) {
    folder_.write("bad/graft.toml", "name = \"bad\"\nflags = [" + flags + "]\n");
    folder_.write("bad/code.c", kCode);
    words.insert(words.begin() + 1, folder_ / "bad");
    return graft(words);
  }
  TempFolder folder_;
};

TEST_F(Crash, NamesTheBundleAndTheLinesThatAreKnown) {
  const Outcome outcome = run("\"-g\"", {"run", "--call", "test.t.f"});
  EXPECT_EQ(outcome.status, 128 + SIGSEGV);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("graft: error: SIGSEGV (Segmentation fault) in bundle 'bad'\n"), HasSubstr("  store at "),
                                 HasSubstr("bad/code.c:4\n"), HasSubstr("bad/code.c:8\n")));
}

TEST_F(Crash, SaysHowLinesWouldBeKnown) {
  const Outcome outcome = run("", {"run", "--call", "test.t.f"});
  EXPECT_EQ(outcome.status, 128 + SIGSEGV);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("SIGSEGV (Segmentation fault) in bundle 'bad'\n"), HasSubstr("with flags = [\"-g\"]")));
}

TEST_F(Crash, IsToldUnderWatchAndInADemo) {
  EXPECT_THAT(run("", {"run", "--watch", "--call", "test.t.f"}).err, HasSubstr("SIGSEGV (Segmentation fault) in bundle 'bad'"));
  folder_.write("bad/begins.c", "__attribute__((constructor)) static void begin(void) { __builtin_trap(); }\n");
  for (const char *command : {"watch", "demo"}) {
    const Outcome outcome = run("\"-g\"", {command});
    EXPECT_EQ(outcome.status, 128 + SIGILL) << command;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("graft: error: SIGILL"), HasSubstr("begins.c:1\n"))) << command;
  }
}

} // namespace
} // namespace graft::test
