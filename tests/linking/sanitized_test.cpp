// Does a plugin that was compiled with a sanitizer report its bugs when the host has the sanitizer's runtime? Only a host
// that was built with it has; the manifest's list of flags does not offer -fsanitize, so these objects come from the
// machine's own clang.
#include "objects.hpp"
#include "sanitizers.hpp"

#include <gtest/gtest.h>

namespace graft::test {
namespace {

class SanitizedDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!kAddressSanitized) GTEST_SKIP() << "asked in the asan preset: only there the process has the sanitizer's runtime";
  }
  /// What `f(argument)` of the source does, initialised.
  static void run(const SourceText &source, const std::string &flags, int argument) {
    auto linker = make_linker();
    auto image = link(*linker, artifact({source}, flags), {"f"});
    if (!image->run_initialisers()) return;
    function<int(int)>(*image, "f")(argument);
  }
};

TEST_F(SanitizedDeathTest, AnOverflowOfThePluginsHeapIsReported) {
  const SourceText source{"a.c", "#include <stdlib.h>\n#include <string.h>\nint f(int n) {\n  char *text = malloc(8);\n"
                                 "  memset(text, 0, 8);\n  int last = text[n];\n  free(text);\n  return last;\n}\n"};
  run(source, "-fsanitize=address", 7);
  EXPECT_DEATH(run(source, "-fsanitize=address", 8), "heap-buffer-overflow");
}

TEST_F(SanitizedDeathTest, AnOverflowOfThePluginsStaticsIsReported) {
  const SourceText source{"a.c", "static int table[4] = {1, 2, 3, 4};\nint f(int n) { return ++table[n]; }\n"};
  EXPECT_DEATH(run(source, "-fsanitize=address", 5), "global-buffer-overflow");
}

TEST_F(SanitizedDeathTest, UndefinedArithmeticOfThePluginIsReportedWithItsLine) {
  const SourceText source{"a.c", "int f(int n) {\n  return n + 0x7fffffff;\n}\n"};
  EXPECT_DEATH(run(source, "-fsanitize=undefined -fno-sanitize-recover=all", 1),
               "a.c:2:12: runtime error: signed integer overflow");
}

} // namespace
} // namespace graft::test
