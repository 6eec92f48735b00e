// Providers and their thunks: found without running anything, and no exception leaves a plugin.
#include "compile.hpp"
#include "matchers.hpp"

namespace graft::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kQuietC = kGreeter + R"(
static graft_status greet(graft_str name, graft_buf *out) { return name.size == out->size ? 0 : 1; }
static int add(int a, int b) { return a + b; }
GRAFT_PROVIDE(greeter, { .greet = greet, .add = add });
)";

const std::string kThrowingCxx = kGreeter + R"(
static graft_status greet(graft_str name, graft_buf *) { if (name.size == 0) throw 1; return 0; }
static int add(int a, int b) noexcept { return a + b; }
GRAFT_PROVIDE(greeter, { .greet = greet, .add = add });
)";

std::string ir(const std::string &name, const std::string &text, Options options = {}) {
  auto result = Compiler::create()->emit(job({{name, text}}, std::move(options)), driver::Text::kIr);
  return result ? *result : result.error().text();
}

TEST(Providers, AreFoundWithTheirContractAndPlace) {
  const auto artifact = compile("a.c", kQuietC);
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_EQ((*artifact).facts.providers.size(), 1u);
  const ProviderFacts &provider = (*artifact).facts.providers[0];
  EXPECT_EQ(provider.contract, "demo.greeter");
  EXPECT_EQ(provider.major, 1);
  EXPECT_EQ(provider.minor, 2);
  EXPECT_EQ(provider.tag, "greeter");
  EXPECT_EQ(provider.table_symbol, "graft_entries_greeter");
  EXPECT_THAT(provider.entries, ElementsAre("greet", "add"));
  EXPECT_TRUE(provider.checked);
  EXPECT_EQ(to_string(provider.where), "a.c:9:1");
}

TEST(Providers, WhatCannotThrowHasNoThunk) {
  const auto artifact = compile("a.c", kQuietC);
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_TRUE((*artifact).thunks.empty());
}

TEST(Providers, WhatMayThrowHasAThunk) {
  const auto artifact = compile("a.cpp", kThrowingCxx);
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_EQ((*artifact).thunks.size(), 1u);
  const Thunk &thunk = (*artifact).thunks[0];
  EXPECT_EQ(thunk.symbol, "graft_thunk_greeter_greet");
  EXPECT_EQ(thunk.contract, "demo.greeter");
  EXPECT_EQ(thunk.function, "greet");
  EXPECT_THAT(thunk.target, HasSubstr("greet"));
}

TEST(Providers, ACFunctionThatCallsBackMayThrow) {
  const auto artifact = compile("a.c", kGreeter + R"(
static graft_status greet(graft_str name, graft_buf *out) { graft_self.log(&graft_self, 2, name); (void)out; return 0; }
GRAFT_PROVIDE(greeter, { .greet = greet });
)");
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_EQ((*artifact).thunks.size(), 1u);
}

TEST(Providers, WhatTheTableLacksIsNull) {
  const auto artifact = compile("a.c", kGreeter + "static int add(int a, int b) { return a + b; }\n"
                                                  "GRAFT_PROVIDE(greeter, { .add = add });");
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_EQ((*artifact).facts.providers.size(), 1u);
  EXPECT_THAT((*artifact).facts.providers[0].entries, ElementsAre("", "add"));
}

TEST(Providers, AnEmptyTableIsAllNull) {
  const auto artifact = compile("a.cpp", kGreeter + "GRAFT_PROVIDE(greeter, {});");
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_EQ((*artifact).facts.providers.size(), 1u);
  EXPECT_THAT((*artifact).facts.providers[0].entries, ElementsAre("", ""));
}

TEST(Providers, ThunksKeepTheWayStructsArePassedAndReturned) {
  const std::string text = ir("a.cpp", R"(#include <graft/abi.h>
struct big { long a, b, c; };
struct pair { double a, b; };
GRAFT_CONTRACT(shapes, "demo.shapes", 1, 0) { pair (*swap)(big by_value, signed char narrow); };
static pair swap(big b, signed char n) { if (n) throw 1; return {double(b.a), double(b.b)}; }
GRAFT_PROVIDE(shapes, { swap });
)");
  EXPECT_THAT(text, testing::ContainsRegex("define \\{ double, double \\} @graft_thunk_shapes_swap\\(ptr noundef byval"));
  EXPECT_THAT(text, testing::ContainsRegex("invoke \\{ double, double \\} @_ZL4swap3biga\\(ptr noundef byval"));
  EXPECT_THAT(text, testing::ContainsRegex("i8 noundef signext"));
  EXPECT_THAT(text, HasSubstr("__gxx_personality_v0"));
  EXPECT_THAT(text, HasSubstr("call i32 @graft_thunk_is_forced"));
}

TEST(Providers, ThunksOfStatusFunctionsReturnWhatTheRuntimeSays) {
  const std::string text = ir("a.cpp", kThrowingCxx);
  EXPECT_THAT(text, testing::ContainsRegex("%[0-9a-z]+ = call i32 @graft_thunk_caught"));
  EXPECT_THAT(text, testing::ContainsRegex("@graft_thunk_description = internal unnamed_addr constant .*i32 1, i32 0"));
}

TEST(Providers, AProviderInANamespaceIsFound) {
  const auto artifact = compile("a.cpp", kGreeter + "namespace mine {\nstatic int add(int a, int b) { return a + b; }\n"
                                                    "GRAFT_PROVIDE(greeter, { .add = add });\n}");
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_EQ((*artifact).facts.providers.size(), 1u);
  EXPECT_TRUE((*artifact).facts.providers[0].checked);
  EXPECT_EQ((*artifact).facts.providers[0].where.line, 8u);
}

TEST(Providers, TwoOfOneContractInOneFileAreRefusedWithBothLines) {
  const auto artifact = compile("a.c", kQuietC + "GRAFT_PROVIDE(greeter, { .add = add });\n");
  EXPECT_THAT(artifact,
              FailsWith(Code::kInvalid, testing::AllOf(HasSubstr("a.c:10:1: error: contract 'greeter' is provided twice"),
                                                       HasSubstr("a.c:9:1: note: it was provided here first"),
                                                       testing::Not(HasSubstr("redefinition")))));
}

TEST(Providers, TwoOfOneContractInTwoFilesAreRefusedWithBothPlaces) {
  EXPECT_THAT(compile(job({{"a.c", kQuietC}, {"b.cpp", kThrowingCxx}})),
              FailsWith(Code::kInvalid, testing::AllOf(HasSubstr("'demo.greeter@1' is provided twice"),
                                                       HasSubstr("b.cpp:9:1: error"), HasSubstr("a.c:9:1: note"))));
}

TEST(Providers, FactsAloneKnowThemToo) {
  Options options;
  options.need = driver::Need::kFacts;
  const auto artifact = compile("a.c", kQuietC, options);
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_TRUE((*artifact).objects.empty());
  ASSERT_EQ((*artifact).facts.providers.size(), 1u);
  EXPECT_EQ((*artifact).facts.providers[0].contract, "demo.greeter");
  EXPECT_THAT((*artifact).facts.providers[0].entries, ElementsAre("greet", "add"));
}

} // namespace
} // namespace graft::test
