// `graft cache` and `--cache`: what was run before is not compiled again, and the folder is looked after.
#include "process.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace graft::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class CacheCommand : public testing::Test {
 protected:
  json facts(std::vector<std::string> words) {
    words.insert(words.end(), {"--json", "--cache", cache});
    const Outcome outcome = graft(std::move(words));
    return json::parse(outcome.out, nullptr, /*allow_exceptions=*/false);
  }
  Outcome run_greeter() { return graft({"run", GRAFT_SOURCE_DIR "/plugins_src/greeter", "--cache", cache, "--json"}); }
  std::string origin() { return json::parse(run_greeter().out)["bundles"][0]["origin"]; }

  TempFolder folder;
  std::string cache = folder / "cache";
};

TEST_F(CacheCommand, IsWhatASecondRunIsLoadedFrom) {
  EXPECT_EQ(origin(), "compiled");
  EXPECT_EQ(origin(), "cached");
  EXPECT_EQ(
      json::parse(
          graft({"run", GRAFT_SOURCE_DIR "/plugins_src/greeter", "--cache", "off", "--json"}).out)["bundles"][0]["origin"],
      "compiled");
}

TEST_F(CacheCommand, KeepsProgramsToo) {
  const std::string program =
      folder.write("p.c", "#include <stdio.h>\nint main(int argc, char **argv) { puts(argv[1]); return argc; }\n");
  for (int round = 0; round < 2; ++round) {
    const Outcome outcome = graft({"exec", "--cache", cache, program, "--", "word"});
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    EXPECT_EQ(outcome.out, "word\n");
  }
  EXPECT_EQ(facts({"cache", "stat"})["artifacts"], 1);
}

TEST_F(CacheCommand, SaysWhatIsThereAndRemovesIt) {
  ASSERT_EQ(run_greeter().status, 0);
  EXPECT_EQ(facts({"cache", "path"})["folder"], cache);
  const json stat = facts({"cache", "stat"});
  EXPECT_EQ(stat["artifacts"], 1);
  EXPECT_EQ(stat["records"], 1);
  EXPECT_GT(stat["bytes"], 1000);
  EXPECT_THAT(graft({"cache", "stat", "--cache", cache}).out, HasSubstr("1 artifact, 0 units, 0 heads, 0 images, 1 record, "));
  EXPECT_EQ(facts({"cache", "prune"})["entries"], 0);
  EXPECT_EQ(facts({"cache", "prune", "--max", "100MB"})["entries"], 0);
  EXPECT_EQ(facts({"cache", "prune", "--all"})["entries"], 3); // the artifact, its record, the driver's arguments
  EXPECT_EQ(facts({"cache", "stat"})["bytes"], 0);
}

TEST_F(CacheCommand, FindsAndRemovesWhatIsDamaged) {
  ASSERT_EQ(run_greeter().status, 0);
  EXPECT_EQ(graft({"cache", "verify", "--cache", cache}).out, "3 good, 0 damaged and removed\n");
  for (const auto &file : std::filesystem::recursive_directory_iterator(cache))
    if (file.path().extension() == ".artifact") std::ofstream(file.path()) << "damaged";
  const Outcome outcome = graft({"cache", "verify", "--cache", cache});
  EXPECT_EQ(outcome.out, "2 good, 1 damaged and removed\n");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(origin(), "compiled");
  EXPECT_EQ(origin(), "cached");
}

TEST_F(CacheCommand, SaysThatItIsSwitchedOff) {
  const Outcome outcome = graft({"cache", "stat", "--cache", "off"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("the cache is switched off"));
}

TEST_F(CacheCommand, RefusesARemoteCacheWithoutASecret) {
  const Outcome outcome =
      graft({"run", GRAFT_SOURCE_DIR "/plugins_src/greeter", "--cache", cache, "--cache", "redis://127.0.0.1"},
            {"", {"GRAFT_CACHE_KEY="}, ""});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("chmod 600 FILE"));
}

TEST_F(CacheCommand, IsSharedByManyAtOnce) {
  std::string script;
  for (int i = 0; i < 4; ++i)
    script += "'" + graft_command() + "' run '" GRAFT_SOURCE_DIR "/plugins_src/greeter' --cache '" + cache +
              "' --call demo.greeter.greet w & ";
  const Outcome outcome = run({"sh", "-c", script + "wait"});
  EXPECT_EQ(outcome.out, "Hello, w!\nHello, w!\nHello, w!\nHello, w!\n") << outcome.err;
  EXPECT_EQ(facts({"cache", "verify"})["damaged"], 0);
  EXPECT_EQ(origin(), "cached");
}

} // namespace
} // namespace graft::test
