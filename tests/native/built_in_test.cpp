// Bundles of the host's own functions: the same transaction, store and events as any, and no file.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/call.hpp>
#include <graft/graft.h>
#include <graft/runtime.hpp>

#include <atomic>
#include <stdexcept>
#include <thread>

GRAFT_CONTRACT(test_pair, "test.pair", 1, 2) {
  int32_t (*first)(void);
  graft_status (*fail)(void);
};

namespace graft {
namespace {

using test::FailsWith;
using test::number_text;
using test::Succeeds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const test_number kOne{.number = [] { return int32_t{1}; }};
const test_number kTwo{.number = [] { return int32_t{2}; }};
const test_pair kPair{.first = [] { return int32_t{10}; },
                      .fail = []() -> graft_status { throw std::runtime_error("no pair"); }};

class BuiltIn : public testing::Test {
 protected:
  BuiltInBundle bundle(const std::string &name, std::vector<BuiltInProvider> providers) {
    return {name, "1.0.0", std::move(providers), [this] { ++released; }};
  }

  std::atomic<int> released{0}; // relaxed would do: read on the thread that retires, or after it was joined
  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
};

TEST_F(BuiltIn, ItsFunctionsAreBoundAndCalledAsThoseOfAnyBundle) {
  const auto loaded = runtime->load(bundle("own", {provider(kPair), provider(kOne)}));
  ASSERT_THAT(loaded, Succeeds());
  EXPECT_THAT(loaded->provides, ElementsAre("test.pair@1.2", "test.number@1.0")); // in the order that they were given in
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 1);
  EXPECT_EQ((*runtime->bind<test_pair>())->first(), 10);
  EXPECT_TRUE(loaded->path.empty());
  ASSERT_EQ(runtime->bundles().size(), 1u);
}

TEST_F(BuiltIn, HandlesStandInTheOrderOfItsProviders) {
  ASSERT_THAT(runtime->load(bundle("own", {provider(kPair), provider(kOne)})), Succeeds());
  EXPECT_LT(runtime->find("test.pair", 1)->index, runtime->find("test.number", 1)->index);
}

TEST_F(BuiltIn, IsReleasedOnceNobodyIsInsideAndNotBefore) {
  ASSERT_THAT(runtime->load(bundle("own", {provider(kOne)})), Succeeds());
  {
    const auto bound = runtime->bind<test_number>();
    const auto pin = (*bound).pin();
    ASSERT_THAT(runtime->unload("own"), Succeeds());
    EXPECT_EQ(released, 0);
    EXPECT_EQ(pin->number(), 1);
  }
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  EXPECT_EQ(released, 1);
  EXPECT_THAT(runtime->bind<test_number>(), FailsWith(Code::kNotFound, HasSubstr("test.number")));
}

TEST_F(BuiltIn, IsReleasedOnceAtTheRuntimesEnd) {
  ASSERT_THAT(runtime->load(bundle("own", {provider(kOne)})), Succeeds());
  runtime = Runtime::create();
  EXPECT_EQ(released, 1);
}

TEST_F(BuiltIn, IsReloadedByItsLikeAndBySource) {
  ASSERT_THAT(runtime->load(bundle("own", {provider(kOne)})), Succeeds());
  const auto bound = runtime->bind<test_number>();
  ASSERT_THAT(runtime->reload(bundle("own", {provider(kTwo)})), Succeeds());
  EXPECT_EQ((*bound)->number(), 2);
  EXPECT_EQ(released, 1);
  ASSERT_THAT(runtime->reload(test::text("own", number_text(3))), Succeeds());
  EXPECT_EQ((*bound)->number(), 3);
  EXPECT_EQ(released, 2);
  EXPECT_THAT(runtime->rollback("own"),
              FailsWith(Code::kNotFound, HasSubstr("the host's or a loader's, and those are not kept"))); // they may be gone
}

TEST_F(BuiltIn, ThatHasOnlyItsNameIsNotReloadedFromAFile) {
  ASSERT_THAT(runtime->load(bundle("own", {provider(kOne)})), Succeeds());
  EXPECT_THAT(runtime->reload("own"), FailsWith(Code::kInvalid, HasSubstr("was loaded from memory; give its new text")));
}

TEST_F(BuiltIn, EachKindOfWrongProviderIsRefusedAndReleasedAndLeavesNothing) {
  const auto publications = runtime->contracts().size();
  BuiltInProvider hole = provider(kPair);
  hole.functions[1] = nullptr;
  BuiltInProvider empty = provider(kPair);
  empty.functions.clear();
  BuiltInProvider unnamed = provider(kPair);
  unnamed.contract = "";
  EXPECT_THAT(runtime->load(bundle("own", {hole})),
              FailsWith(Code::kInvalid, HasSubstr("test.pair@1.2 whose function 2 is null")));
  EXPECT_THAT(runtime->load(bundle("own", {empty})), FailsWith(Code::kInvalid, HasSubstr("test.pair@1.2 with 0 functions")));
  EXPECT_THAT(runtime->load(bundle("own", {unnamed})),
              FailsWith(Code::kInvalid, HasSubstr("whose name cannot be a contract's")));
  EXPECT_THAT(runtime->load(bundle("own", {})),
              FailsWith(Code::kInvalid, HasSubstr("built-in bundle 'own' has no provider")));
  EXPECT_THAT(runtime->load(bundle("", {provider(kOne)})), FailsWith(Code::kInvalid, HasSubstr("'' cannot name a bundle")));
  EXPECT_THAT(runtime->load(bundle("own", {provider(kOne), provider(kTwo)})),
              FailsWith(Code::kConflict, HasSubstr("bundle 'own' provides test.number@1.0 twice")));
  BuiltInBundle versioned = bundle("own", {provider(kOne)});
  versioned.version = "1";
  EXPECT_THAT(runtime->load(std::move(versioned)), FailsWith(Code::kInvalid, HasSubstr("1")));
  EXPECT_EQ(released, 7);
  EXPECT_EQ(runtime->contracts().size(), publications);
  EXPECT_TRUE(runtime->bundles().empty());
}

TEST_F(BuiltIn, ThatIsLoadedTwiceIsRefusedAndReleasedOnce) {
  ASSERT_THAT(runtime->load(bundle("own", {provider(kOne)})), Succeeds());
  EXPECT_THAT(runtime->load(bundle("own", {provider(kTwo)})),
              FailsWith(Code::kConflict, HasSubstr("'own' is loaded already")));
  EXPECT_EQ(released, 1);
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 1);
}

TEST_F(BuiltIn, TheRuntimeKeepsACopyOfTheTable) {
  {
    test_number table = kOne;
    ASSERT_THAT(runtime->load(bundle("own", {provider(table)})), Succeeds());
    table.number = nullptr;
  }
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 1);
}

TEST_F(BuiltIn, WhatItThrowsEndsAtTheCall) {
  ASSERT_THAT(runtime->load(bundle("own", {provider(kPair)})), Succeeds());
  const auto pair = runtime->bind<test_pair>();
  EXPECT_THAT((*pair).call(&test_pair::fail),
              FailsWith(Code::kException, AllOf(HasSubstr("bundle 'own'"), HasSubstr("no pair"))));
}

TEST_F(BuiltIn, IsComparedByTypeWithBundlesThatCallIt) {
  const std::string other =
      "#include <graft/abi.h>\nGRAFT_CONTRACT(number, \"test.number\", 1, 0) { double (*number)(void); };\n"
      "int graft_init(const graft_host *host, const graft_init_context *context) { return 0; }\n";
  ASSERT_THAT(runtime->read_contracts(MemoryFile{"number.h", test::kNumberContract}), Succeeds());
  ASSERT_THAT(runtime->load(bundle("own", {provider(kOne)})), Succeeds());
  EXPECT_THAT(runtime->load(test::text("caller", other)), FailsWith(Code::kIncompatible, HasSubstr("'own'")));
  const auto outcome = call_by_name(**runtime, "test.number.number", {}); // its types are those of the view
  ASSERT_THAT(outcome, Succeeds());
  EXPECT_EQ((*outcome).result, "1");
}

TEST_F(BuiltIn, TellsListenersAndIsRequiredByOthers) {
  std::vector<std::string> told;
  runtime->listen([&](const Event &event) { told.push_back(std::string(event.bundle) + " " + to_string(event.phase)); });
  ASSERT_THAT(runtime->load(bundle("own", {provider(kOne)})), Succeeds());
  ASSERT_THAT(runtime->load(MemoryBundle{
                  "user", {{"graft.toml", "name = \"user\"\nrequires = [\"test.number@1\"]\n"}, {"main.c", "int x;\n"}}}),
              Succeeds());
  EXPECT_THAT(runtime->unload("own"), FailsWith(Code::kConflict, HasSubstr("is required by 'user'")));
  ASSERT_THAT(runtime->unload("user"), Succeeds());
  ASSERT_THAT(runtime->unload("own"), Succeeds());
  EXPECT_THAT(told, ElementsAre("own loaded", "user loaded", "user unloading", "own unloading"));
}

TEST_F(BuiltIn, WithReloadsSwitchedOffNothingIsExchangedAndNobodyIsTold) {
  runtime = Runtime::create({.hot_reload = HotReload::kOff});
  ASSERT_THAT(runtime->load(test::text("one", number_text(1))), Succeeds());
  int told = 0;
  runtime->listen([&](const Event &) { ++told; });
  EXPECT_THAT(runtime->reload(test::text("one", number_text(2))),
              FailsWith(Code::kRefused, HasSubstr("bundle 'one' is not reloaded: this host switched reloads off")));
  EXPECT_THAT(runtime->rollback("one"), FailsWith(Code::kRefused, HasSubstr("switched reloads off")));
  EXPECT_EQ(told, 0);
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 1);
}

TEST(BuiltInInC, IsLoadedFoundByARangeReplacedAndReleased) {
  const graft_config config{sizeof config, 0, GRAFT_UNCHECKED_REFUSE, GRAFT_HOT_RELOAD_ON, GRAFT_WORKER_WHEN_ASKED, 0, 0};
  graft_runtime *runtime = nullptr;
  ASSERT_EQ(graft_runtime_create_with(&config, &runtime), GRAFT_OK);
  int released = 0;
  const auto release = [](void *context) { ++*static_cast<int *>(context); };
  const auto provider_of = [](const test_number &table) {
    return graft_provider{sizeof(graft_provider), sizeof table, &graft_contract_test_number, &table};
  };
  const graft_provider one = provider_of(kOne), two = provider_of(kTwo);
  ASSERT_EQ(graft_runtime_load_built_in(runtime, "own", "1.0.0", &one, 1, release, &released), GRAFT_OK);
  graft_handle handle{};
  ASSERT_EQ(graft_runtime_find_range(runtime, "test.number", ">=1.0, <3", &handle), GRAFT_OK);
  EXPECT_EQ(graft_runtime_find_range(runtime, "test.number", ">=2", &handle), GRAFT_INCOMPATIBLE);
  EXPECT_EQ(graft_runtime_find_range(runtime, "test.number", "often", &handle), GRAFT_INVALID);
  ASSERT_EQ(graft_runtime_reload_built_in(runtime, "own", "1.0.1", &two, 1, release, &released), GRAFT_OK);
  EXPECT_EQ(released, 1);
  graft_pin pin{};
  ASSERT_EQ(graft_runtime_resolve(runtime, handle, 1, &pin), GRAFT_OK);
  EXPECT_EQ(static_cast<const test_number *>(pin.table)->number(), 2);
  graft_runtime_release(&pin);
  graft_provider nameless = one;
  nameless.contract = nullptr;
  EXPECT_EQ(graft_runtime_load_built_in(runtime, "other", nullptr, &nameless, 1, release, &released), GRAFT_INVALID);
  EXPECT_EQ(released, 2);
  graft_runtime_destroy(runtime);
  EXPECT_EQ(released, 3);
}

TEST(BuiltInInC, AConfigurationThatIsNoneIsRefused) {
  const graft_config config{sizeof config, 4, GRAFT_UNCHECKED_REFUSE, GRAFT_HOT_RELOAD_ON, GRAFT_WORKER_WHEN_ASKED, 0, 0};
  graft_runtime *runtime = nullptr;
  EXPECT_EQ(graft_runtime_create_with(&config, &runtime), GRAFT_INVALID);
  EXPECT_EQ(runtime, nullptr);
}

} // namespace
} // namespace graft
