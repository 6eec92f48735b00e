// Loads, reloads, rollbacks and unloads that the system lets down.
#include "../state/instances.hpp"
#include "sweep.hpp"

namespace graft {
namespace {

using test::number_text;
using test::Operation;
using test::Succeeds;
using test::text;
using testing::IsSupersetOf;

class FaultsOfACommit : public test::Faults {
 protected:
  static Result<std::unique_ptr<Runtime>> create() {
    return Runtime::create({.tier_up = TierUp::kFast, .learning = Learning::kNever});
  }

  /// One that found no address space when it was made, and so looks for some with its first image.
  static Result<std::unique_ptr<Runtime>> create_without_room() {
    for (std::uint64_t number = 1;; ++number) {
      const fault::Injection injection(number);
      auto fresh = create();
      if (fresh) {
        EXPECT_NE(injection.failed(), nullptr) << "room is looked for with the first image alone";
        return fresh;
      }
    }
  }
};

const std::initializer_list<std::string> kOfEveryCompile = {"no thread to compile on", "clang crashed"};
const std::initializer_list<std::string> kOfEveryLink = {"making pages writable", "making pages executable",
                                                         "there is no memory for"};

const std::set<std::string> kOfAddressSpace = {"reserving address space", "protecting address space",
                                               "reserving the unwinder's table"};

Result<void> done(const auto &result) { return result ? Result<void>() : Result<void>(result.error()); }

TEST_F(FaultsOfACommit, ARuntimeThatCannotBeMadeSaysWhy) {
  runtime = error(Code::kNotFound, "not made yet");
  std::uint64_t failures = 0;
  for (std::uint64_t number = 1;; ++number) {
    const fault::Injection injection(number);
    runtime = create();
    if (injection.failed() == nullptr) break;
    if (kOfAddressSpace.contains(injection.failed())) continue; // an image asks again
    ++failures;
    EXPECT_THAT(runtime, test::FailsWith(Code::kExhausted, testing::HasSubstr(injection.failed())));
  }
  EXPECT_GT(failures, 0u);
  EXPECT_THAT(runtime, Succeeds());
}

TEST_F(FaultsOfACommit, ALoadThatFailsLeavesNothing) {
  const Operation load = {
      [&] { return done(runtime->load(text("n", number_text(1)))); },
      [&] {
        EXPECT_TRUE(runtime->bundles().empty());
        EXPECT_EQ(number(), -1);
      },
      [&] { EXPECT_EQ(number(), 1); },
      [&] { EXPECT_THAT(runtime->unload("n"), Succeeds()); },
  };
  const auto points = sweep(load);
  EXPECT_THAT(points, IsSupersetOf(kOfEveryCompile));
  EXPECT_THAT(points, IsSupersetOf(kOfEveryLink));
}

TEST_F(FaultsOfACommit, TheFirstImageOfARuntimeMayFindNoAddressSpace) {
  std::set<std::string> points;
  for (std::uint64_t number = 1;; ++number) {
    auto fresh = create_without_room();
    ASSERT_THAT(fresh, Succeeds());
    Result<void> outcome;
    std::string failed;
    {
      const fault::Injection injection(number);
      outcome = done(fresh->load(text("n", number_text(1))));
      if (injection.failed() != nullptr) failed = injection.failed();
    }
    if (failed.empty()) break;
    points.insert(failed);
    EXPECT_THAT(outcome, test::FailsWith(testing::_, testing::HasSubstr(failed)));
    EXPECT_THAT(fresh->load(text("n", number_text(1))), Succeeds()) << failed;
  }
  EXPECT_THAT(points, IsSupersetOf(kOfAddressSpace));
}

TEST_F(FaultsOfACommit, AReloadThatFailsLeavesTheOldCodeAnswering) {
  ASSERT_THAT(runtime->load(text("n", number_text(1))), Succeeds());
  const Operation reload = {
      [&] { return done(runtime->reload(text("n", number_text(2)))); },
      [&] { EXPECT_EQ(number(), 1); },
      [&] { EXPECT_EQ(number(), 2); },
      [&] { EXPECT_THAT(runtime->reload(text("n", number_text(1))), Succeeds()); },
  };
  const auto points = sweep(reload);
  EXPECT_THAT(points, IsSupersetOf(kOfEveryCompile));
  EXPECT_THAT(points, IsSupersetOf(kOfEveryLink));
}

/// Counts its calls in kept state of one type or another; `graft_probe` makes the commit start its watch.
MemoryBundle counter(const std::string &members) {
  return text("n", test::kNumberContract + "GRAFT_KEEP static struct { " + members +
                       " } s;\nstatic int32_t answer(void) { return ++s.n; }\nGRAFT_PROVIDE(number, {.number = answer})\n"
                       "graft_status graft_probe(void) { return 0; }\n");
}

TEST_F(FaultsOfACommit, AMigrationThatFailsLeavesTheOldCodeWithItsState) {
  ASSERT_THAT(runtime->load(counter("int n;")), Succeeds());
  int calls = 0;
  const auto goes_on = [&] { EXPECT_EQ(number(), ++calls); };
  const Operation migrate = {
      [&] { return done(runtime->reload(counter("long pad; int n;"))); },
      goes_on,
      goes_on,
      [&] { EXPECT_THAT(runtime->reload(counter("int n;")), Succeeds()); },
  };
  const auto points = sweep(migrate);
  EXPECT_THAT(points, IsSupersetOf({"there is no memory for the gate", "there is no memory for the",
                                    "cannot start the thread that asks probes"}));
}

TEST_F(FaultsOfACommit, ASetIsReloadedWholeOrNotAtAll) {
  const test::TempFolder folder;
  const auto provider = [](const std::string &name, int value) {
    return "#include <graft/abi.h>\nGRAFT_CONTRACT(" + name + ", \"test." + name +
           "\", 1, 0) { int32_t (*number)(void); };\n" + "static int32_t answer(void) { return " + std::to_string(value) +
           "; }\nGRAFT_PROVIDE(" + name + ", {.number = answer})\n";
  };
  const auto write = [&](int value) {
    folder.write("a/main.c", provider("a", value));
    folder.write("b/main.c", provider("b", value));
  };
  write(1);
  ASSERT_THAT(runtime->load(folder / "a"), Succeeds());
  ASSERT_THAT(runtime->load(folder / "b"), Succeeds());
  const auto expect_both = [&](int value) {
    for (const std::string contract : {"test.a", "test.b"}) {
      const auto binding = runtime->resolve(*runtime->find(contract, 1));
      EXPECT_EQ(static_cast<const test_number *>(binding->pin().table())->number(), value) << contract;
    }
  };
  const Operation reload = {
      [&] {
        write(2);
        return done(runtime->reload(std::vector<std::string>{"a", "b"}));
      },
      [&] { expect_both(1); },
      [&] { expect_both(2); },
      [&] {
        write(1);
        EXPECT_THAT(runtime->reload(std::vector<std::string>{"a", "b"}), Succeeds());
      },
  };
  EXPECT_THAT(sweep(reload), IsSupersetOf({"cannot read", "cannot read folder"}));
}

TEST_F(FaultsOfACommit, ARollbackThatFailsLeavesTheNewCodeAnswering) {
  ASSERT_THAT(runtime->load(text("n", number_text(1))), Succeeds());
  ASSERT_THAT(runtime->reload(text("n", number_text(2))), Succeeds());
  const Operation rollback = {
      [&] { return done(runtime->rollback("n")); },
      [&] { EXPECT_EQ(number(), 2); },
      [&] { EXPECT_EQ(number(), 1); },
      [&] { EXPECT_THAT(runtime->rollback("n"), Succeeds()); },
  };
  EXPECT_THAT(sweep(rollback), IsSupersetOf(kOfEveryLink));
}

TEST_F(FaultsOfACommit, AProviderOfInstancesThatGetsNoMemoryForItsCodeIsNotLoaded) {
  const Operation load = {
      [&] { return done(runtime->load(test::counter_bundle("struct state { long n; };"))); },
      [&] { EXPECT_TRUE(runtime->bundles().empty()); },
      [&] { EXPECT_EQ(runtime->bundles().size(), 1u); },
      [&] { EXPECT_THAT(runtime->unload("b"), Succeeds()); },
  };
  EXPECT_THAT(sweep(load), testing::Contains("there is no memory for the code before the functions of instances"));
}

TEST_F(FaultsOfACommit, AnUnloadIsNotStoppedByASystemThatRefuses) {
  const auto load = [&] { ASSERT_THAT(runtime->load(text("n", number_text(1))), Succeeds()); };
  load();
  const Operation unload = {
      [&] { return runtime->unload("n"); },
      [&] { ADD_FAILURE() << "an unload has nothing that may fail"; },
      [&] { EXPECT_EQ(number(), -1); },
      load,
  };
  sweep(unload);
}

TEST_F(FaultsOfACommit, ACallThatIsRetiredUnderAPinNeedsNoThread) {
  ASSERT_THAT(runtime->load(text("n", number_text(1))), Succeeds());
  const Operation reload = {
      [&] {
        const auto bound = *runtime->bind<test_number>();
        const auto pin = bound.pin(); // keeps the old generation from going at once
        return done(runtime->reload(text("n", number_text(2))));
      },
      [&] { EXPECT_EQ(number(), 1); },
      [&] { EXPECT_EQ(number(), 2); },
      [&] { EXPECT_THAT(runtime->reload(text("n", number_text(1))), Succeeds()); },
  };
  sweep(reload);
}

TEST_F(FaultsOfACommit, AFolderOfBundlesLoadsAllThatTheSystemLets) {
  const test::TempFolder folder;
  for (const std::string name : {"a", "b", "c"}) folder.write(name + "/main.c", number_text(1));
  std::size_t loaded = 0;
  silent.insert("cannot read folder"); // while it is asked whether it is a bundle: loading it tells
  const auto unload_all = [&] {
    for (const BundleInfo &bundle : runtime->bundles()) EXPECT_THAT(runtime->unload(bundle.name), Succeeds());
  };
  const Operation load_all = {
      [&]() -> Result<void> {
        unload_all();
        const auto report = runtime->load_all(folder.path());
        if (!report) return report.error();
        loaded = report->loaded.size();
        EXPECT_EQ(loaded + report->broken.size(), 3u); // nobody is passed over
        return report->broken.empty() ? Result<void>() : Result<void>(report->broken.front().error);
      },
      [&] { EXPECT_EQ(number(), runtime->bundles().empty() ? -1 : 1); },
      [&] {
        EXPECT_EQ(loaded, 3u);
        EXPECT_EQ(number(), 1);
      },
      unload_all,
  };
  EXPECT_THAT(sweep(load_all), IsSupersetOf({"cannot read", "clang crashed", "making pages executable"}));
}

} // namespace
} // namespace graft
