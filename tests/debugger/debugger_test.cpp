// gdb finds code through the descriptor that its JIT interface names; what it prints is what its user sees.
#include "process.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string source(const std::string &factor) {
  return "#include <graft/abi.h>\n"
         "GRAFT_CONTRACT(thing, \"test.thing\", 1, 0) { int32_t (*work)(int32_t number); };\n"
         "static int32_t scale(int32_t number) {\n"
         "  int32_t scaled = number * " + factor + ";\n"
         "  return scaled;\n"
         "}\n"
         "static int32_t work(int32_t number) {\n"
         "  return scale(number) + 1;\n"
         "}\n"
         "GRAFT_PROVIDE(thing, {.work = work});\n";
}

TEST(Debugger, SeesLinesLocalsAndTheWayBackAlsoAfterAReload) {
  if (run({"gdb", "--version"}).status != 0) GTEST_SKIP() << "gdb is not installed";
  const TempFolder folder;
  for (const auto &[version, factor] : {std::pair("one", "2"), {"two", "5"}}) {
    folder.write(std::string(version) + "/graft.toml", "name = \"thing\"\nflags = [\"-g\"]\n");
    folder.write(std::string(version) + "/thing.c", source(factor));
  }
  const std::string commands = folder.write("commands", "set pagination off\nset breakpoint pending on\nset confirm off\nset debuginfod enabled off\n"
                                                        "break thing.c:5\nrun\nbacktrace 2\ninfo locals\ncontinue\nbacktrace 2\ninfo locals\ncontinue\n");
  const Outcome outcome =
      run({"gdb", "-nx", "-q", "-batch", "-x", commands, "--args", GRAFT_DEBUGGED_HOST, folder / "one", folder / "two"});
  const std::string &text = outcome.out;
  EXPECT_THAT(text, AllOf(HasSubstr("scale (number=20) at "), HasSubstr("one/thing.c:5"), HasSubstr("two/thing.c:5"),
                          HasSubstr("work (number=20) at "), HasSubstr("thing.c:8"), HasSubstr("scaled = 40"), HasSubstr("scaled = 100"),
                          HasSubstr("exited normally")))
      << outcome.err;
}

} // namespace
} // namespace graft::test
