// Bundles whose host, or whose manifest, wants them compiled in a worker; and how far a compile of several files is.
#include "bundles.hpp"
#include "matchers.hpp"
#include "temp_folder.hpp"

#include <graft/graft.h>

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::FailsWith;
using test::number_text;
using test::Succeeds;
using test::text;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// Never done, and needs no memory for it.
const std::string kEndless = "constexpr unsigned f() { unsigned n = 0; while (true) n ^= n + 1; return n; }\n"
                             "constexpr unsigned n = f();\n";

MemoryBundle endless(const std::string &manifest) {
  return {"endless",
          {{"graft.toml", "name = \"endless\"\nflags = [\"-fconstexpr-steps=4294967295\"]\n" + manifest},
           {"main.cpp", kEndless}}};
}

TEST(WorkerBundles, AreLoadedReloadedAndCalledAsOthers) {
  auto runtime = Runtime::create({.worker = Worker::kAlways});
  ASSERT_THAT(runtime->load(text("n", number_text(1))), Succeeds());
  const auto bound = runtime->bind<test_number>();
  EXPECT_EQ((*bound)->number(), 1);
  ASSERT_THAT(runtime->reload(text("n", number_text(2))), Succeeds());
  EXPECT_EQ((*bound)->number(), 2);
  EXPECT_THAT(runtime->reload(text("n", number_text(2))), FailsWith(Code::kUnchanged, HasSubstr("already runs")));
}

TEST(WorkerBundles, AreOptimisedBehindTheirFirstCallAsOthers) {
  const std::string counting =
      test::kNumberContract +
      "static int32_t n;\nstatic int32_t answer(void) { return ++n; }\nGRAFT_PROVIDE(number, {.number = answer})\n";
  auto runtime = Runtime::create({.tier_up_delay = 0ms, .worker = Worker::kAlways});
  ASSERT_THAT(runtime->load(text("n", counting)), Succeeds());
  const auto bound = runtime->bind<test_number>();
  EXPECT_EQ((*bound)->number(), 1);
  EXPECT_THAT(runtime->await_tier_up(240s), Succeeds());
  EXPECT_EQ(runtime->bundles().at(0).tier, "good");
  EXPECT_EQ((*bound)->number(), 2);
}

/// A runtime whose compiles are all in a worker, with a cache.
std::unique_ptr<Runtime> worker_with_cache(const test::TempFolder &folder) {
  Config config;
  config.worker = Worker::kAlways;
  config.learning = Learning::kAtOnce;
  config.cache.folder = folder / "cache";
  auto runtime = Runtime::create(std::move(config));
  EXPECT_THAT(runtime, Succeeds());
  return *std::move(runtime);
}

MemoryBundle of_three(const std::string &more) {
  return {"n", {{"a.c", number_text(1)}, {"b.c", "int b;\n" + more}, {"c.c", "int c;\n"}}};
}

TEST(WorkerBundles, AreCompiledByTheFirstRuntimeOnly) {
  const test::TempFolder folder;
  for (const Origin origin : {Origin::kCompiled, Origin::kDisk}) {
    const auto runtime = worker_with_cache(folder);
    const auto bundle = runtime->load(text("n", number_text(1)));
    ASSERT_THAT(bundle, Succeeds());
    EXPECT_EQ((*bundle).origin, origin);
    EXPECT_EQ((*runtime->bind<test_number>())->number(), 1);
  }
}

TEST(WorkerBundles, AreCompiledFileByFile) {
  const test::TempFolder folder;
  StepTimes times;
  for (const int run : {0, 1}) {
    const auto runtime = worker_with_cache(folder);
    ASSERT_THAT(runtime->load(of_three(""), {.times = &times}), Succeeds());
    EXPECT_EQ(times.files, 3u);
    EXPECT_EQ(times.compiled, run == 0 ? 3u : 0u);
    ASSERT_THAT(runtime->reload(of_three("int run" + std::to_string(run) + ";\n"), {.times = &times}), Succeeds());
    EXPECT_EQ(times.compiled, 1u);
  }
}

TEST(WorkerBundles, LearnNothing) {
  const test::TempFolder folder;
  const auto runtime = worker_with_cache(folder);
  const auto vector = [](int size) {
    return MemoryBundle{
        "v",
        {{"v.cpp", test::kNumberContract + "#include <vector>\nstatic int32_t answer() { return std::vector<int>(" +
                       std::to_string(size) + ")[0]; }\nGRAFT_PROVIDE(number, {.number = answer})\n"}}};
  };
  ASSERT_THAT(runtime->load(vector(1)), Succeeds());
  runtime->await_learning();
  ASSERT_THAT(runtime->reload(vector(2)), Succeeds());
  EXPECT_EQ(runtime->learning().heads, 0u);
  EXPECT_EQ(runtime->learning().uses, 0u);
}

TEST(WorkerBundles, ABombIsAnErrorAndTheOldCodeGoesOn) {
  auto runtime = Runtime::create({.worker = Worker::kAlways, .worker_limits = {.wall = 2s}});
  ASSERT_THAT(runtime->load(text("endless", number_text(1))), Succeeds());
  EXPECT_THAT(runtime->reload(endless("")),
              FailsWith(Code::kExhausted, AllOf(HasSubstr("bundle 'endless'"), HasSubstr("limit of 2 s wall time"))));
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 1);
}

TEST(WorkerBundles, AManifestMayAskForIt) {
  auto runtime = Runtime::create({.worker_limits = {.wall = 300ms}});
  EXPECT_THAT(runtime->load(endless("worker = true\n")), FailsWith(Code::kExhausted, HasSubstr("limit of 0.3 s wall time")));
}

TEST(WorkerBundles, AManifestMayNotRefuseIt) {
  auto runtime = Runtime::create({.worker = Worker::kAlways, .worker_limits = {.wall = 300ms}});
  EXPECT_THAT(runtime->load(endless("worker = false\n")),
              FailsWith(Code::kExhausted, HasSubstr("limit of 0.3 s wall time")));
}

TEST(WorkerBundles, WithoutTheProgramSayWhereItBelongsAndOthersAreLoaded) {
  auto runtime = Runtime::create({.worker_program = "/nowhere/graft-worker"});
  EXPECT_THAT(runtime->load(endless("worker = true\n")), FailsWith(Code::kEnvironment, HasSubstr("install graft-worker")));
  EXPECT_THAT(runtime->load(text("n", number_text(1))), Succeeds());
}

TEST(WorkerBundles, AHostInCAsksForItAndForItsLimits) {
  const graft_config config{sizeof config, 0, GRAFT_UNCHECKED_REFUSE, GRAFT_HOT_RELOAD_ON, GRAFT_WORKER_ALWAYS, 300, 0};
  graft_runtime *runtime = nullptr;
  ASSERT_EQ(graft_runtime_create_with(&config, &runtime), GRAFT_OK);
  const std::string slow = "__asm__(\".rept 1000000000\\n.quad 1\\n.endr\");";
  EXPECT_EQ(graft_runtime_load_text(runtime, "slow", "slow.c", {slow.data(), slow.size()}), GRAFT_EXHAUSTED);
  graft_runtime_destroy(runtime);
}

/// What listeners hear.
struct Heard {
  void listen(Runtime &runtime) {
    runtime.listen([this](const Event &event) {
      const std::lock_guard lock(mutex); // told by the threads that compile
      told.emplace_back(to_string(event.phase));
      if (event.compiled == nullptr) return;
      told.back() += " " + std::to_string(event.compiled->done) + "/" + std::to_string(event.compiled->total);
      if (!event.compiled->diagnostics.empty()) told.back() += " " + to_string(event.compiled->diagnostics.front().where);
    });
  }

  std::mutex mutex;
  std::vector<std::string> told;
};

class Progress : public testing::TestWithParam<Worker>, protected Heard {};

TEST_P(Progress, EachFileOfSeveralIsToldAsItIsDone) {
  auto runtime = Runtime::create({.worker = GetParam()});
  listen(**runtime);
  ASSERT_THAT(runtime->load(MemoryBundle{"n", {{"a.c", number_text(1)}, {"b.c", "int b;"}, {"c.c", "int c;"}}}), Succeeds());
  EXPECT_THAT(told, ElementsAre("compiling 1/3", "compiling 2/3", "compiling 3/3", "loaded"));
}

TEST_P(Progress, OfOneFileIsNotTold) {
  auto runtime = Runtime::create({.worker = GetParam()});
  listen(**runtime);
  ASSERT_THAT(runtime->load(text("n", number_text(1))), Succeeds());
  EXPECT_THAT(told, ElementsAre("loaded"));
}

TEST(EarlyErrors, OneIsToldBeforeASlowFileIsDone) {
  // With two threads the file that never ends does not hold back the one that is wrong; the job ends at its time.
  Heard heard;
  auto runtime = Runtime::create({.compile_threads = 2, .worker = Worker::kAlways, .worker_limits = {.wall = 3s}});
  heard.listen(**runtime);
  MemoryBundle bundle = endless("");
  bundle.files.push_back({"wrong.c", "int x = missing;\n"});
  EXPECT_THAT(runtime->load(bundle), FailsWith(Code::kExhausted, HasSubstr("wall time")));
  EXPECT_THAT(heard.told, ElementsAre("compiling 1/2 wrong.c:1:9"));
}

TEST(Sets, ASlowBundleHoldsBackNoOther) {
  const test::TempFolder folder;
  folder.write("a_slow/a.cpp",
               "#include <algorithm>\n#include <iostream>\n#include <map>\n#include <regex>\nstd::regex a(\"a+\");\n");
  folder.write("a_slow/b.c", number_text(1));
  folder.write("quick/a.c", "int a;\n");
  folder.write("quick/b.c", number_text(2));
  auto runtime = Runtime::create({.compile_threads = 2});
  std::vector<std::string> done; // told by one thread at a time
  (*runtime)->listen([&](const Event &event) {
    if (event.compiled != nullptr && event.compiled->done == 2) done.emplace_back(event.bundle);
  });
  ASSERT_THAT((*runtime)->load_all({std::filesystem::path(folder / "a_slow"), std::filesystem::path(folder / "quick")}),
              Succeeds());
  EXPECT_THAT(done, testing::ElementsAre("quick", "a_slow"));
}

INSTANTIATE_TEST_SUITE_P(Here, Progress, testing::Values(Worker::kWhenAsked));
INSTANTIATE_TEST_SUITE_P(Apart, Progress, testing::Values(Worker::kAlways));

} // namespace
} // namespace graft
