// gdb finds code through the descriptor that its JIT interface names; what it prints is what its user sees.
#include "process.hpp"
#include "sanitizers.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string source(const std::string &factor) {
  return "#include <graft/abi.h>\n"
         "GRAFT_CONTRACT(thing, \"test.thing\", 1, 0) { int32_t (*work)(int32_t number); };\n"
         "static int32_t scale(int32_t number) {\n"
         "  int32_t scaled = number * " +
         factor +
         ";\n"
         "  return scaled;\n"
         "}\n"
         "static int32_t work(int32_t number) {\n"
         "  return scale(number) + 1;\n"
         "}\n"
         "GRAFT_PROVIDE(thing, {.work = work});\n";
}

class Debugger : public testing::Test {
 protected:
  void SetUp() override {
    if (kInstrumented) GTEST_SKIP() << "a sanitizer's runtime does not start under gdb everywhere";
    if (run({"gdb", "--version"}).status != 0) GTEST_SKIP() << "gdb is not installed";
  }
  std::string bundle(const std::string &name, const std::string &file, const std::string &text) {
    folder.write(name + "/graft.toml", "name = \"thing\"\nflags = [\"-g\"]\n");
    folder.write(name + "/" + file, text);
    return folder / name;
  }
  /// What gdb and the host say, which loads the one and reloads it from the other.
  std::string debug(const std::string &commands, const std::string &loaded, const std::string &reloaded) {
    const std::string file = folder.write(
        "commands",
        "set pagination off\nset breakpoint pending on\nset confirm off\nset debuginfod enabled off\n" + commands);
    const Outcome outcome = run({"gdb", "-nx", "-q", "-batch", "-x", file, "--args", GRAFT_DEBUGGED_HOST, loaded, reloaded});
    return outcome.out + outcome.err;
  }
  const TempFolder folder;
};

TEST_F(Debugger, SeesLinesLocalsAndTheWayBackAlsoAfterAReload) {
  const std::string one = bundle("one", "thing.c", source("2")), two = bundle("two", "thing.c", source("5"));
  EXPECT_THAT(
      debug("break thing.c:5\nrun\nbacktrace 2\ninfo locals\ncontinue\nbacktrace 2\ninfo locals\ncontinue\n", one, two),
      AllOf(HasSubstr("scale (number=20) at "), HasSubstr("one/thing.c:5"), HasSubstr("two/thing.c:5"),
            HasSubstr("work (number=20) at "), HasSubstr("thing.c:8"), HasSubstr("scaled = 40"), HasSubstr("scaled = 100"),
            HasSubstr("exited normally")));
}

TEST_F(Debugger, StopsAFunctionWhereItsParametersCanBeSeen) {
  const std::string thing = bundle("thing", "thing.cpp",
                                   "#include <graft/abi.h>\n"
                                   "#include <string>\n"
                                   "GRAFT_CONTRACT(thing, \"test.thing\", 1, 0) {\n"
                                   "  int32_t (*work)(int32_t number);\n"
                                   "};\n"
                                   "struct Count { int64_t low, high; };\n"
                                   "struct Doubler {\n"
                                   "  std::string text;\n"
                                   "  int32_t twice(Count count) {\n"
                                   "    text += std::to_string(count.low);\n"
                                   "    return count.low * 2;\n"
                                   "  }\n"
                                   "};\n"
                                   "static int32_t work(int32_t number) {\n"
                                   "  Doubler doubler;\n"
                                   "  return doubler.twice({number + 1, 7});\n"
                                   "}\n"
                                   "GRAFT_PROVIDE(thing, {.work = work});\n");
  EXPECT_THAT(debug("break work\nbreak Doubler::twice\nrun\ninfo args\ncontinue\ninfo args\n", thing, thing),
              AllOf(HasSubstr("work (number=20) at "), HasSubstr("thing.cpp:15"), HasSubstr("\nnumber = 20\n"),
                    HasSubstr("thing.cpp:10"), HasSubstr("\ncount = {low = 21, high = 7}\n")));
}

TEST_F(Debugger, StepsIntoAFunctionBehindWhatItBeginsWith) {
  const std::string thing = bundle("thing", "thing.c", source("2"));
  EXPECT_THAT(debug("break work\nrun\nstep\ninfo args\n", thing, thing),
              AllOf(HasSubstr("\nscale (number=20) at "), HasSubstr("thing.c:4"), HasSubstr("\nnumber = 20\n")));
}

TEST(Profiler, NamesTheFunctionThatTakesTheTime) {
  if (kInstrumented) GTEST_SKIP() << "a sanitizer's frames are not what is asked for";
  const TempFolder folder;
  if (run({"perf", "record", "-q", "-e", "cpu-clock", "-o", folder / "none", "true"}).status != 0)
    GTEST_SKIP() << "perf does not work here";
  const std::string bundle =
      folder.write("thing.c", "#include <graft/abi.h>\n"
                              "GRAFT_CONTRACT(thing, \"test.thing\", 1, 0) { uint64_t (*work)(uint64_t rounds); };\n"
                              "static uint64_t takes_long(uint64_t rounds) {\n"
                              "  volatile uint64_t sum = 0;\n"
                              "  while (rounds--) sum += rounds;\n"
                              "  return sum;\n"
                              "}\n"
                              "static uint64_t work(uint64_t rounds) { return takes_long(rounds); }\n"
                              "GRAFT_PROVIDE(thing, {.work = work});\n");
  const std::string data = folder / "data";
  const Outcome recorded = run({"perf", "record", "-q", "-e", "cpu-clock", "-o", data, graft_command(), "run", bundle,
                                "--tier-up", "fast", "--call", "test.thing.work", "100000000"},
                               {.text = {}, .environment = {"GRAFT_PERF_MAP=1"}, .directory = {}});
  ASSERT_EQ(recorded.status, 0) << recorded.err;
  const std::string samples = run({"perf", "script", "-i", data, "-F", "ip,sym,dso"}).out;
  EXPECT_THAT(samples, HasSubstr("takes_long"));
  if (const std::size_t map = samples.find("/tmp/perf-"); map != samples.npos)
    std::filesystem::remove(samples.substr(map, samples.find(')', map) - map));
}

} // namespace
} // namespace graft::test
