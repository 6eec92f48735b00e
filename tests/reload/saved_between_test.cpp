// A header is saved while what includes it is compiled: is what is published of one text of it?
#include "bundles.hpp"
#include "matchers.hpp"
#include "temp_folder.hpp"

#include <graft/runtime.hpp>

#include <atomic>
#include <string>

GRAFT_CONTRACT(left_half, "test.left", 1, 0) { int32_t (*value)(void); };
GRAFT_CONTRACT(right_half, "test.right", 1, 0) { int32_t (*value)(void); };

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::HasSubstr;

/// One file is compiled after the other, and the header is saved after one of them.
class SavedBetween : public testing::Test {
 protected:
  void SetUp() override {
    Config config;
    config.compile_threads = 1;
    config.cache.folder = "off";
    auto made = Runtime::create(std::move(config));
    ASSERT_THAT(made, Succeeds());
    runtime = *std::move(made);
    header(1);
  }
  void header(int value) { folder.write("v.h", "#define V " + std::to_string(value) + "\n"); }
  void save_after(int files, int value) {
    runtime->listen([=, this](const Event &event) {
      if (event.phase == Phase::kCompiling && ++compiled == files) header(value);
    });
  }

  const test::TempFolder folder;
  std::unique_ptr<Runtime> runtime;
  std::atomic<int> compiled{0};
};

TEST_F(SavedBetween, AllFilesOfABundleSeeOneText) {
  folder.write("b/one.c", "#include \"../v.h\"\nint one(void) { return V; }\n");
  folder.write("b/two.c", test::kNumberContract + "#include \"../v.h\"\nint one(void);\n"
                                                  "static int32_t answer(void) { return one() * 10 + V; }\n"
                                                  "GRAFT_PROVIDE(number, {.number = answer})\n");
  folder.write("b/graft.toml", "name = \"b\"\n");
  save_after(1, 2);
  ASSERT_THAT(runtime->load(folder / "b"), Succeeds());
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 22);
}

TEST_F(SavedBetween, AHeaderThatNeverRestsIsAnErrorThatNamesIt) {
  folder.write("b/one.c", "#include \"../v.h\"\nint one(void) { return V; }\n");
  folder.write("b/two.c", "#include \"../v.h\"\nint two(void) { return V; }\n");
  folder.write("b/graft.toml", "name = \"b\"\n");
  runtime->listen([this](const Event &event) {
    if (event.phase == Phase::kCompiling) header(++compiled + 10);
  });
  EXPECT_THAT(runtime->load(folder / "b"), FailsWith(Code::kConflict, HasSubstr("v.h' changed each time")));
}

TEST_F(SavedBetween, AllBundlesOfASetSeeOneText) {
  for (const std::string side : {"left", "right"})
    folder.write(side + "/main.c", "#include <graft/abi.h>\n#include \"../v.h\"\nGRAFT_CONTRACT(half, \"test." + side +
                                       "\", 1, 0) { int32_t (*value)(void); };\nstatic int32_t value(void) { return V; }\n"
                                       "GRAFT_PROVIDE(half, {.value = value})\n");
  for (const std::string side : {"left", "right"}) {
    folder.write(side + "/other.c", "#include \"../v.h\"\nint other(void) { return V; }\n"); // of several files each is told
    folder.write(side + "/graft.toml", "name = \"" + side + "\"\n");
    ASSERT_THAT(runtime->load(folder / side), Succeeds());
  }
  header(3);
  save_after(2, 4);
  ASSERT_THAT(runtime->reload(std::vector<std::string>{"left", "right"}), Succeeds());
  EXPECT_EQ((*runtime->bind<left_half>())->value(), 4);
  EXPECT_EQ((*runtime->bind<right_half>())->value(), 4);
}

TEST_F(SavedBetween, AHeaderThatANewerOneStandsInForInOneBundleIsThatOfTheOther) {
  const auto contract = [](const std::string &side) {
    return "#include <graft/abi.h>\nGRAFT_CONTRACT(" + side + "_half, \"test." + side +
           "\", 1, 0) { int32_t (*value)(void); };\n";
  };
  folder.write("left.h", "#include \"v.h\"\n#define MORE 0\n" + contract("left"));
  const auto newer = folder.write("newer/left.h", "#include \"../v.h\"\n#define MORE 10\n" + contract("left"));
  for (const std::string side : {"left", "right"})
    folder.write(side + "/main.c", "#include \"../left.h\"\n" + (side == "right" ? contract("right") : "") +
                                       "static int32_t value(void) { return V + MORE; }\n"
                                       "GRAFT_PROVIDE(" +
                                       side + "_half, {.value = value})\n");
  ASSERT_THAT(runtime->load(folder / "left", {.contracts = {newer}}), Succeeds());
  ASSERT_THAT(runtime->load(folder / "right"), Succeeds());
  header(3);
  ASSERT_THAT(runtime->reload(std::vector<std::string>{"left", "right"}), Succeeds());
  EXPECT_EQ((*runtime->bind<left_half>())->value(), 13);
  EXPECT_EQ((*runtime->bind<right_half>())->value(), 3);
}

} // namespace
} // namespace graft
