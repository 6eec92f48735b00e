// A host's view of the cache: a bundle that was loaded before, in another runtime, is not compiled again, and behaves the
// same.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/cache.hpp>
#include <graft/runtime.hpp>

#include <fstream>

namespace graft::test {
namespace {

class CachedBundles : public testing::Test {
 protected:
  std::unique_ptr<Runtime> start(Config config = {.tier_up = TierUp::kFast}) {
    config.cache.folder = folder / "cache";
    auto runtime = Runtime::create(std::move(config));
    EXPECT_THAT(runtime, Succeeds());
    return *std::move(runtime);
  }

  const TempFolder folder;
};

TEST_F(CachedBundles, AreCompiledByTheFirstRuntimeOnly) {
  for (const Origin origin : {Origin::kCompiled, Origin::kDisk}) {
    const auto runtime = start();
    StepTimes times;
    const auto bundle = runtime->load(shipped("greeter"), {.times = &times});
    ASSERT_THAT(bundle, Succeeds());
    EXPECT_EQ((*bundle).origin, origin);
    EXPECT_GT(times.cache_ns, 0u);
    EXPECT_LE(times.cache_ns, times.compile_ns);
  }
}

TEST_F(CachedBundles, AreOptimisedByTheFirstRuntimeOnly) {
  for (const char *origin : {"compiled", "cached"}) {
    std::vector<std::string> lines; // written by one at a time, read when the runtime is gone
    auto runtime = start({.tier_up_delay = std::chrono::milliseconds(0),
                          .log = [&](LogLevel, std::string_view line) { lines.emplace_back(line); },
                          .log_level = LogLevel::kDebug});
    ASSERT_THAT(runtime->load(shipped("greeter")), Succeeds());
    ASSERT_THAT(runtime->await_tier_up(std::chrono::minutes(4)), Succeeds());
    EXPECT_EQ(runtime->bundles().at(0).tier, "good");
    runtime.reset();
    EXPECT_THAT(lines, testing::Contains(testing::EndsWith(std::string("runs optimised code, ") + origin)));
  }
}

TEST_F(CachedBundles, HaveTheirImageKeptByTheSecondRuntime) {
  for (const std::uint64_t images : {0, 1, 1}) {
    auto runtime = start({.tier_up_delay = std::chrono::hours(1)}); // a second image may come
    ASSERT_THAT(runtime->load(text("number", number_text(7))), Succeeds());
    EXPECT_EQ((*runtime->bind<test_number>())->number(), 7);
    runtime.reset();
    const auto stat = cache_stat({.folder = folder / "cache"});
    ASSERT_THAT(stat, Succeeds());
    EXPECT_EQ((*stat).images, images);
  }
}

TEST_F(CachedBundles, AnswerAndReloadAsCompiledOnesDo) {
  for (const Origin origin : {Origin::kCompiled, Origin::kDisk}) {
    const auto runtime = start();
    ASSERT_THAT(runtime->load(text("number", number_text(1))), Succeeds());
    const auto number = runtime->bind<test_number>();
    EXPECT_EQ(number->number(), 1);
    EXPECT_EQ(runtime->reload(text("number", number_text(1))).code(), Code::kUnchanged);
    const auto reloaded = runtime->reload(text("number", number_text(2)));
    ASSERT_THAT(reloaded, Succeeds());
    EXPECT_EQ((*reloaded).origin, origin);
    EXPECT_EQ(number->number(), 2);
  }
}

TEST_F(CachedBundles, KeepTheirStateOverReloads) {
  const auto counting = [](int step) {
    return text("number", kNumberContract +
                              "static int kept GRAFT_KEEP = 100;\nstatic int32_t answer(void) { return kept += " +
                              std::to_string(step) + "; }\nGRAFT_PROVIDE(number, {.number = answer})\n");
  };
  for (int run = 0; run < 2; ++run) {
    const auto runtime = start();
    ASSERT_THAT(runtime->load(counting(1)), Succeeds());
    const auto number = runtime->bind<test_number>();
    EXPECT_EQ(number->number(), 101);
    const auto reloaded = runtime->reload(counting(10));
    ASSERT_THAT(reloaded, Succeeds());
    EXPECT_EQ((*reloaded).origin, run == 0 ? Origin::kCompiled : Origin::kDisk);
    EXPECT_EQ(number->number(), 111);
  }
}

TEST_F(CachedBundles, ShowTheirWarningsAgain) {
  for (int run = 0; run < 2; ++run) {
    const auto bundle = start()->load(text("number", "static int unused;\n#warning careful\n" + number_text(1)));
    ASSERT_THAT(bundle, Succeeds());
    ASSERT_EQ((*bundle).warnings.size(), 1u);
    EXPECT_THAT(render((*bundle).warnings), testing::HasSubstr("careful"));
  }
}

TEST_F(CachedBundles, OfManyFilesAreReloadedByCompilingTheOneThatChanged) {
  const auto two = [](int number, int other) {
    return MemoryBundle{"number",
                        {{"main.c", number_text(number)}, {"other.c", "int other = " + std::to_string(other) + ";\n"}}};
  };
  for (const char *where : {"off", "cache"}) {
    Config config;
    config.cache.folder = where == std::string("off") ? where : folder / where;
    config.timings = Timings::kStages;
    const auto runtime = *Runtime::create(std::move(config));
    StepTimes times;
    ASSERT_THAT(runtime->load(two(1, 1), {.times = &times}), Succeeds());
    EXPECT_EQ(times.compiled, 2u);
    const auto number = runtime->bind<test_number>();
    ASSERT_THAT(runtime->reload(two(2, 1), {.times = &times}), Succeeds());
    EXPECT_EQ(times.compiled, 1u);
    EXPECT_GT(times.stages.lower_ns, 0u);
    EXPECT_GT(times.stages.parse_ns(), 0u);
    EXPECT_LE(times.stages.parse_ns() + times.stages.lower_ns + times.stages.emit_ns, times.compile_ns);
    EXPECT_EQ(number->number(), 2);
    const auto again = runtime->reload(two(2, 1), {.force = Force::kYes, .times = &times});
    ASSERT_THAT(again, Succeeds());
    EXPECT_EQ(times.compiled, 0u);
    EXPECT_NE((*again).origin, Origin::kCompiled);
  }
}

TEST_F(CachedBundles, AreLookedAfterByAHost) {
  const CacheConfig config{.folder = folder / "cache"};
  ASSERT_THAT(start()->load(shipped("greeter")), Succeeds());
  const auto stat = cache_stat(config);
  ASSERT_THAT(stat, Succeeds());
  EXPECT_EQ((*stat).artifacts, 1u);
  EXPECT_EQ((*stat).records, 1u);
  EXPECT_EQ((*verify_cache(config)).good, 3u); // the artifact, its record, what the driver made of the flags
  EXPECT_EQ((*prune_cache(config)).entries, 0u);
  EXPECT_EQ(*cache_folder(config), folder / "cache");
  EXPECT_THAT(cache_folder({.folder = "off"}), FailsWith(Code::kNotFound, testing::HasSubstr("switched off")));
}

} // namespace
} // namespace graft::test
