// Many saves, few reloads: while one runs, across bundles, and when the system's queue runs over.
#include "watching.hpp"

namespace graft {
namespace {

using test::Told;

class Coalescing : public test::Watching {};

TEST_F(Coalescing, TenSavesWhileAReloadRunsAreOneMoreOfTheNewestText) {
  folder.write("a/a.c", text_of("a", "0"));
  watch({"a"});
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  int reloads = 0;
  (*runtime)->listen([&](const Event &event) { // the point: the text was read and compiled, and is not live yet
    if (event.phase != Phase::kPreparing || ++reloads > 1) return;
    for (int save = 2; save <= 11; ++save) folder.write("a/a.c", text_of("a", std::to_string(save)));
  });
  folder.write("a/a.c", text_of("a", "1"));
  ASSERT_EQ(next_phase(), WatchPhase::kReloaded);
  ASSERT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer_of("a"), 11);
  folder.write("a/a.c", text_of("a", "12"));
  ASSERT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(reloads, 3);
}

TEST_F(Coalescing, AHeadersBundlesAreReloadedOnceAsOneTransaction) {
  folder.write("value.h", "#define VALUE 1\n");
  for (const char *name : {"a", "b", "c"})
    folder.write(std::string("plugins/") + name + "/x.c",
                 std::string("#include \"../../value.h\"\n") + text_of(name, "VALUE"));
  folder.write("plugins/d/x.c", text_of("d", "1"));
  watch({"plugins"});
  for (int bundle = 0; bundle < 4; ++bundle) ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  std::string seen;
  (*runtime)->listen(
      [&](const Event &event) { seen += std::string(to_string(event.phase)) + " " + std::string(event.bundle) + ", "; });
  folder.write("value.h", "#define VALUE 2\n");
  EXPECT_EQ(next(), (Told{WatchPhase::kReloaded, {at("value.h")}, {"a", "b", "c"}, ""}));
  EXPECT_EQ(seen, "preparing a, preparing b, preparing c, reloaded c, reloaded b, reloaded a, ");
}

TEST_F(Coalescing, ASetThatFailedIsTriedAgainAsASet) {
  folder.write("value.h", "#define VALUE 1\n");
  for (const char *name : {"a", "b"})
    folder.write(std::string("plugins/") + name + "/x.c",
                 std::string("#include \"../../value.h\"\n") + text_of(name, "VALUE"));
  watch({"plugins"});
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  folder.write("plugins/b/x.c", "#include \"../../value.h\"\nnot C\n");
  folder.write("value.h", "#define VALUE 2\n");
  ASSERT_EQ(next_phase(), WatchPhase::kFailed);
  EXPECT_EQ(answer_of("a"), 1); // all or none
  folder.write("plugins/b/x.c", "#include \"../../value.h\"\n" + text_of("b", "VALUE"));
  EXPECT_EQ(next().bundles, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(answer_of("a"), 2);
  EXPECT_EQ(answer_of("b"), 2);
}

TEST_F(Coalescing, BundlesThatShareNothingAreReloadedOneByOne) {
  for (const char *name : {"a", "b"}) folder.write(std::string("plugins/") + name + "/x.c", text_of(name, "1"));
  watch({"plugins"});
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  folder.write("plugins/a/x.c", "not C\n");
  folder.write("plugins/b/x.c", text_of("b", "2"));
  EXPECT_EQ(next_phase(), WatchPhase::kFailed);
  EXPECT_EQ(next_phase(), WatchPhase::kReloaded);
  EXPECT_EQ(answer_of("b"), 2);
}

TEST_F(Coalescing, AQueueThatRanOverLosesNoSave) {
  for (const char *name : {"a", "b"}) folder.write(std::string("plugins/") + name + "/x.c", text_of(name, "1"));
  watch({"plugins"});
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  ASSERT_EQ(next_phase(), WatchPhase::kLoaded);
  (*runtime)->listen([&](const Event &event) {
    if (event.phase != Phase::kPreparing || event.bundle != "a") return;
    int limit = 16'384;
    std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> limit;
    for (int touch = 0; touch < limit; ++touch) { // equal events in a row are one to the system: two names in turn
      std::ofstream(at("plugins/a/one"), std::ios::app) << '.';
      std::ofstream(at("plugins/a/two"), std::ios::app) << '.';
    }
    folder.write("plugins/b/x.c", text_of("b", "2")); // no event is left for this
  });
  folder.write("plugins/a/x.c", text_of("a", "2"));
  EXPECT_EQ(next().bundles, std::vector<std::string>{"a"});
  EXPECT_EQ(next().bundles, std::vector<std::string>{"b"});
  EXPECT_EQ(answer_of("b"), 2);
}

} // namespace
} // namespace graft
