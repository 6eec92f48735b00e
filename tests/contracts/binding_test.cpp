// Binding a contract by its type, and what a handle means over time.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

GRAFT_CONTRACT(wide_number, "test.number", 1, 0) {
  int32_t (*number)(void);
  graft_status (*added_later)(void);
};

namespace graft {
namespace {

using test::FailsWith;
using test::number_text;
using test::Succeeds;
using test::text;
using testing::HasSubstr;

class BindingByType : public testing::Test {
protected:
  void SetUp() override { ASSERT_THAT(runtime->load(text("number", number_text(1))), Succeeds()); }
  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
};

TEST_F(BindingByType, SeesAReloadAtTheNextCall) {
  const auto bound = runtime->bind<test_number>();
  EXPECT_EQ((*bound)->number(), 1);
  ASSERT_THAT(runtime->reload(text("number", number_text(2))), Succeeds());
  EXPECT_EQ((*bound)->number(), 2);
}

TEST_F(BindingByType, HasSaysWhichFunctionsThereAre) {
  const auto bound = *runtime->bind<wide_number>(0);
  EXPECT_TRUE(bound.has(&wide_number::number));
  EXPECT_FALSE(bound.has(&wide_number::added_later));
}

TEST_F(BindingByType, AFunctionBeyondTheProvidersTableIsAnErrorAndNotAWildCall) {
  const auto bound = *runtime->bind<wide_number>(0);
  EXPECT_THAT(bound.call(&wide_number::added_later), FailsWith(Code::kMissing, HasSubstr("bundle 'number' provides test.number@1.0")));
  EXPECT_THAT(bound.call(&wide_number::number), Succeeds());
}

/// A provider of test.number@1.2, which has a function more than 1.0.
std::string newer_text() {
  return "#include <graft/abi.h>\nGRAFT_CONTRACT(number, \"test.number\", 1, 2) { int32_t (*number)(void); graft_status (*more)(void); };\n"
         "static int32_t answer(void) { return 12; }\nstatic graft_status more(void) { return 1012; }\n"
         "GRAFT_PROVIDE(number, {.number = answer, .more = more})\n";
}

TEST_F(BindingByType, AnOldCallerUsesANewerProviderAndANewCallerAllOfIt) {
  const auto old = *runtime->bind<test_number>();
  ASSERT_THAT(runtime->reload(text("number", newer_text())), Succeeds());
  EXPECT_EQ(old->number(), 12);
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 12);
  const auto wide = *runtime->bind<wide_number>(2);
  ASSERT_TRUE(wide.has(&wide_number::added_later));
  EXPECT_EQ(wide->added_later(), 1012);
}

TEST_F(BindingByType, AFunctionThatAReloadTakesAwayIsAnErrorForWhoWasBoundBefore) {
  ASSERT_THAT(runtime->reload(text("number", newer_text())), Succeeds());
  const auto wide = *runtime->bind<wide_number>(0);
  ASSERT_THAT(runtime->reload(text("number", number_text(3))), Succeeds());
  EXPECT_EQ(wide->number(), 3);
  EXPECT_FALSE(wide.has(&wide_number::added_later));
  EXPECT_THAT(wide.call(&wide_number::added_later), FailsWith(Code::kMissing, HasSubstr("function number 2")));
}

TEST_F(BindingByType, AfterTheUnloadCallsReportStale) {
  const auto bound = *runtime->bind<test_number>();
  ASSERT_THAT(runtime->unload("number"), Succeeds());
  EXPECT_EQ(bound->number(), 0);
  EXPECT_THAT(bound.call(&test_number::number), FailsWith(Code::kStale, HasSubstr("unloaded")));
}

TEST_F(BindingByType, ALaterLoadOfTheSameNameIsBoundAnew) {
  const auto stale = *runtime->bind<test_number>();
  ASSERT_THAT(runtime->unload("number"), Succeeds());
  ASSERT_THAT(runtime->load(text("number", number_text(5))), Succeeds());
  EXPECT_EQ(stale->number(), 0);
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 5);
}

TEST_F(BindingByType, FindAllListsEveryProviderInTheOrderOfLoading) {
  ASSERT_THAT(runtime->load(text("second", number_text(2))), Succeeds());
  const auto handles = runtime->find_all(guest_contract_id("test.number", 1));
  ASSERT_EQ(handles.size(), 2u);
  const Binding first = *runtime->resolve(handles[0]), second = *runtime->resolve(handles[1]);
  EXPECT_EQ(static_cast<const test_number *>(first.pin().table())->number(), 1);
  EXPECT_EQ(static_cast<const test_number *>(second.pin().table())->number(), 2);
}

TEST_F(BindingByType, ContractsAndBundlesListWhatIsLive) {
  ASSERT_EQ(runtime->contracts().size(), 1u);
  EXPECT_EQ(runtime->contracts()[0].name, "test.number");
  EXPECT_EQ(runtime->contracts()[0].bundle, "number");
  ASSERT_EQ(runtime->bundles().size(), 1u);
  EXPECT_EQ(runtime->bundles()[0].provides, std::vector<std::string>{"test.number@1.0"});
}

TEST_F(BindingByType, OneRuntimesHandleMeansNothingInAnother) {
  auto other = Runtime::create();
  EXPECT_THAT(other->resolve(*runtime->find("test.number", 1)), FailsWith(Code::kInvalid, HasSubstr("none of this runtime's")));
}

TEST_F(BindingByType, DescribeGivesTheDeclaredFunctionsWithTheirTypes) {
  const auto description = runtime->describe(*runtime->find("test.number", 1));
  ASSERT_THAT(description, Succeeds());
  ASSERT_EQ(description->contract.functions.size(), 1u);
  EXPECT_EQ(description->contract.functions[0].name, "number");
  EXPECT_EQ(description->contract.functions[0].fingerprint, "fn()->i32");
}

TEST_F(BindingByType, ABundleFromMemoryMayBringItsHeaders) {
  const MemoryBundle bundle{"second",
                            {{"number.h", test::kNumberContract},
                             {"main.c", "#include \"number.h\"\nstatic int32_t answer(void) { return 9; }\n"
                                        "GRAFT_PROVIDE(number, {.number = answer})\n"}}};
  ASSERT_THAT(runtime->load(bundle), Succeeds());
  const Binding second = *runtime->resolve(runtime->find_all(guest_contract_id("test.number", 1)).back());
  EXPECT_EQ(static_cast<const test_number *>(second.pin().table())->number(), 9);
}

TEST_F(BindingByType, AChangedHeaderFromMemoryIsAnotherText) {
  const auto bundle = [](const std::string &value) {
    return MemoryBundle{"second", {{"value.h", "#define VALUE " + value + "\n"},
                                   {"main.c", "#include \"value.h\"\n" + test::kNumberContract +
                                                  "static int32_t answer(void) { return VALUE; }\n"
                                                  "GRAFT_PROVIDE(number, {.number = answer})\n"}}};
  };
  ASSERT_THAT(runtime->load(bundle("1")), Succeeds());
  EXPECT_THAT(runtime->reload(bundle("1")), FailsWith(Code::kUnchanged, HasSubstr("already runs")));
  EXPECT_THAT(runtime->reload(bundle("2")), Succeeds());
}

TEST_F(BindingByType, AManifestThatWritesAMinorMeansThatOne) {
  const MemoryBundle bundle{"second",
                            {{"graft.toml", "name = \"second\"\nprovides = [\"test.number@1.0\"]\n"},
                             {"main.c", "#include <graft/abi.h>\n"
                                        "GRAFT_CONTRACT(number, \"test.number\", 1, 3) { int32_t (*number)(void); };\n"
                                        "static int32_t answer(void) { return 9; }\nGRAFT_PROVIDE(number, {.number = answer})\n"}}};
  EXPECT_THAT(runtime->load(bundle), FailsWith(Code::kIncompatible, testing::AllOf(HasSubstr("1.0"), HasSubstr("1.3"))));
}

TEST_F(BindingByType, ManyRuntimesLiveSideBySide) {
  std::vector<std::unique_ptr<Runtime>> runtimes;
  for (int index = 0; index < 20; ++index) {
    runtimes.push_back(*Runtime::create());
    ASSERT_THAT(runtimes.back()->load(text("number", number_text(index))), Succeeds());
  }
  for (int index = 0; index < 20; ++index) EXPECT_EQ((*runtimes[static_cast<std::size_t>(index)]->bind<test_number>())->number(), index);
}

} // namespace
} // namespace graft
