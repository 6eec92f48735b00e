// A provider that was compiled against another contract than its caller is refused before any of its code runs, whatever the
// difference is, and shown both declarations.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <cstdlib>

GRAFT_CONTRACT(shop, "test.shop", 1, 0) {
  graft_status (*sell)(void *);
  int32_t (*count)(void);
};

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;

/// A contract header: `types`, then the contract with `entries`.
std::string header(const std::string &types, const std::string &entries, const std::string &minor = "0") {
  return "#include <graft/abi.h>\n#include <stdbool.h>\n" + types + "\nGRAFT_CONTRACT(shop, \"test.shop\", 1, " + minor +
         ") {\n" + entries + "\n};\n";
}

/// A provider whose constructor tells that it ran: in the environment, which outlives its code.
MemoryBundle provider(const std::string &contract, const std::string &file = "shop.c", const std::string &name = "shop") {
  return {name,
          {{"shop.h", contract},
           {file, "#define _GNU_SOURCE 1\n#include \"shop.h\"\n#include <stdlib.h>\n"
                  "__attribute__((constructor)) static void ran(void) { setenv(\"GRAFT_TEST_RAN\", \"1\", 1); }\n"
                  "GRAFT_PROVIDE(shop, {0})\n"}}};
}

/// A bundle that calls test.shop and provides something else.
MemoryBundle caller(const std::string &contract, const std::string &name = "caller") {
  return {name, {{"shop.h", contract}, {"caller.c", "#include \"shop.h\"\n" + test::number_text(1)}}};
}

bool has_run() { return std::getenv("GRAFT_TEST_RAN") != nullptr; }

class Contracts : public testing::Test {
 protected:
  void SetUp() override { unsetenv("GRAFT_TEST_RAN"); }
  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
};

struct Pair {
  const char *name;
  std::string host;
  std::string plugin;
  std::string words;
};
void PrintTo(const Pair &pair, std::ostream *out) { *out << pair.name; }

const char kSell[] = "  graft_status (*sell)(struct item *item);";

class Mismatch : public Contracts, public testing::WithParamInterface<Pair> {};

TEST_P(Mismatch, IsRefusedAtLoadBeforeAConstructorRuns) {
  ASSERT_THAT(runtime->read_contracts(MemoryFile{"host.h", GetParam().host}), Succeeds());
  for (const char *file : {"shop.c", "shop.cpp"}) {
    const auto loaded = runtime->load(provider(GetParam().plugin, file));
    EXPECT_THAT(loaded,
                FailsWith(Code::kIncompatible,
                          AllOf(HasSubstr(GetParam().words), HasSubstr("contract 'test.shop@1'"),
                                HasSubstr("the host declares it here"), HasSubstr("bundle 'shop' declares it here"))));
    ASSERT_EQ(loaded.error().diagnostics.size(), 2u);
    EXPECT_THAT(to_string(loaded.error().diagnostics[0].where), HasSubstr("host.h:"));
    EXPECT_THAT(to_string(loaded.error().diagnostics[1].where), HasSubstr("shop.h:"));
    EXPECT_FALSE(loaded.error().diagnostics[0].snippet.empty());
    EXPECT_FALSE(loaded.error().diagnostics[1].snippet.empty());
  }
  EXPECT_FALSE(has_run());
}

INSTANTIATE_TEST_SUITE_P(
    Contracts, Mismatch,
    testing::Values(
        Pair{"ReorderedFunctions", header("", "  void (*open)(void);\n  void (*close)(void);"),
             header("", "  void (*close)(void);\n  void (*open)(void);"),
             "function 1 is 'open' to the host and 'close' to bundle 'shop'"},
        Pair{"RetypedParameter", header("", "  void (*sell)(int32_t count);"), header("", "  void (*sell)(int64_t count);"),
             "parameter 1 ('count') of function 'sell' is 'int32_t' to the host and 'int64_t' to bundle 'shop'"},
        Pair{"RetypedResult", header("", "  float (*price)(void);"), header("", "  double (*price)(void);"),
             "the result of function 'price' is 'float' to the host and 'double' to bundle 'shop'"},
        Pair{"OneParameterMore", header("", "  void (*sell)(int32_t a);"),
             header("", "  void (*sell)(int32_t a, int32_t b);"),
             "the number of parameters of function 'sell' is 1 to the host and 2 to bundle 'shop'"},
        Pair{"StructBehindAPointer", header("struct item { uint64_t id; uint32_t count; };", kSell),
             header("struct item { uint64_t id; uint64_t count; };", kSell),
             "field 'count' of 'struct item' is 'uint32_t' at offset 8 to the host and 'uint64_t' at offset 8 to bundle "
             "'shop'"},
        Pair{"FieldsSwapped", header("struct item { int32_t a, b; };", kSell),
             header("struct item { int32_t b, a; };", kSell),
             "field 1 of 'struct item' is 'a' to the host and 'b' to bundle 'shop'"},
        Pair{"FieldAdded", header("struct item { int32_t a; };", kSell), header("struct item { int32_t a, b; };", kSell),
             "field 'b' of 'struct item' is absent to the host and present to bundle 'shop'"},
        Pair{"StructInAStructInAnArray",
             header("struct part { int32_t a; };\nstruct item { struct part parts[4]; };", kSell),
             header("struct part { uint32_t a; };\nstruct item { struct part parts[4]; };", kSell),
             "field 'a' of 'struct part' is 'int32_t' at offset 0 to the host and 'uint32_t'"},
        Pair{"ArrayLength", header("struct item { char name[16]; };", kSell),
             header("struct item { char name[32]; };", kSell), "field 'name' of 'struct item' is 'char [16]' at offset 0"},
        Pair{"BitFieldWidth", header("struct item { unsigned low : 3; };", kSell),
             header("struct item { unsigned low : 4; };", kSell),
             "field 'low' of 'struct item' is 'uint32_t' at offset 0, bit 0, 3 wide"},
        Pair{"UnionMember", header("union value { int32_t i; float f; };", "  void (*put)(union value *value);"),
             header("union value { int32_t i; double f; };", "  void (*put)(union value *value);"),
             "field 'f' of 'union value' is 'float' at offset 0 to the host and 'double'"},
        Pair{"EnumValueMoved", header("enum mood { GLAD, SAD };", "  void (*set)(enum mood mood);"),
             header("enum mood { GLAD, CALM, SAD };", "  void (*set)(enum mood mood);"),
             "'SAD' of 'enum mood' is 1 to the host and 2 to bundle 'shop'"},
        Pair{"EnumValueRenamed", header("enum mood { GLAD, SAD };", "  void (*set)(enum mood mood);"),
             header("enum mood { GLAD, CALM };", "  void (*set)(enum mood mood);"),
             "1 of 'enum mood' is 'SAD' to the host and 'CALM' to bundle 'shop'"},
        Pair{"Packing", header("struct item { char a; double b; };", kSell),
             header("#pragma pack(push, 1)\nstruct item { char a; double b; };\n#pragma pack(pop)", kSell),
             "field 'b' of 'struct item' is 'double' at offset 8 to the host and 'double' at offset 1 to bundle 'shop'"},
        Pair{"AlignmentAlone", header("struct item { int32_t a; };", kSell),
             header("struct __attribute__((aligned(64))) item { int32_t a; };", kSell),
             "the size of 'struct item' is 4 to the host and 64"},
        Pair{"Define",
             header("#define WIDE 0\n#if WIDE\ntypedef int64_t amount;\n#else\ntypedef int32_t amount;\n#endif",
                    "  amount (*count)(void);"),
             header("#define WIDE 1\n#if WIDE\ntypedef int64_t amount;\n#else\ntypedef int32_t amount;\n#endif",
                    "  amount (*count)(void);"),
             "the result of function 'count' is 'int32_t' to the host and 'int64_t'"},
        Pair{"Const", header("", "  void (*name)(const char *text);"), header("", "  void (*name)(char *text);"),
             "is 'const char *' to the host and 'char *' to bundle 'shop'"},
        Pair{"Signedness", header("", "  void (*sell)(int32_t count);"), header("", "  void (*sell)(uint32_t count);"),
             "is 'int32_t' to the host and 'uint32_t' to bundle 'shop'"},
        Pair{"Callback", header("", "  void (*each)(void (*visit)(int32_t));"),
             header("", "  void (*each)(void (*visit)(int64_t));"),
             "is 'void (*)(int32_t)' to the host and 'void (*)(int64_t)' to bundle 'shop'"},
        Pair{"ShortFloats", header("", "  void (*sell)(_Float16 *price);"), header("", "  void (*sell)(__bf16 *price);"),
             "is '_Float16 *' to the host and '__bf16 *' to bundle 'shop'"},
        Pair{"CallingConvention", header("", "  void (*sell)(int32_t count);"),
             header("", "  void (__attribute__((ms_abi)) *sell)(int32_t count);"),
             "the calling convention of function 'sell' is C's to the host and 'ms_abi' to bundle 'shop'"},
        Pair{"CallingConventionOfACallback", header("", "  void (*each)(void (*visit)(int32_t));"),
             header("", "  void (*each)(void (__attribute__((ms_abi)) *visit)(int32_t));"),
             "and 'void (*)(int32_t) __attribute__((ms_abi))' to bundle 'shop'"},
        Pair{"GrowingStructByValueInAnother",
             header("struct part { uint32_t struct_size; uint32_t a; };\nstruct item { struct part part; };", kSell),
             header("struct part { uint32_t struct_size; uint32_t a, b; };\nstruct item { struct part part; };", kSell),
             "field 'b' of 'struct part' is absent to the host"}),
    [](const auto &info) { return std::string(info.param.name); });

class Match : public Contracts, public testing::WithParamInterface<Pair> {};

TEST_P(Match, IsAccepted) {
  ASSERT_THAT(runtime->read_contracts(MemoryFile{"host.h", GetParam().host}), Succeeds());
  EXPECT_THAT(runtime->load(provider(GetParam().plugin, "shop.c", "in_c")), Succeeds());
  EXPECT_THAT(runtime->load(provider(GetParam().plugin, "shop.cpp", "in_cxx")), Succeeds());
}

const char kGrow[] = "  graft_status (*sell)(const struct item *item);";

INSTANTIATE_TEST_SUITE_P(
    Contracts, Match,
    testing::Values(
        Pair{"OtherSpelling",
             header("typedef struct item item_t;\nstruct item { int32_t a; bool b; };",
                    "  unsigned (*sell)(item_t *, const int);"),
             header("struct item { int a; bool b; };", "  uint32_t (*sell)(struct item *restrict_me, int count);"), ""},
        Pair{"LongerTableOfTheProvider", header("", "  void (*a)(void);"),
             header("", "  void (*a)(void);\n  void (*b)(void);", "1"), ""},
        Pair{"LongerTableOfTheHost", header("", "  void (*a)(void);\n  void (*b)(void);", "1"),
             header("", "  void (*a)(void);"), ""},
        Pair{"StructThatSaysItsSizeGrew", header("struct item { uint32_t struct_size; int32_t a; };", kGrow),
             header("struct item { uint32_t struct_size; int32_t a; double b; };", kGrow, "1"), ""},
        Pair{"EnumNamesOneMore", header("enum mood { GLAD, SAD };", "  void (*set)(enum mood mood);"),
             header("enum mood { GLAD, SAD, CALM };", "  void (*set)(enum mood mood);"), ""},
        Pair{"StructHiddenFromTheHost", header("struct item;", kSell), header("struct item { int32_t a; };", kSell), ""},
        Pair{"RecursiveStruct", header("struct item { struct item *next; void (*visit)(struct item *); };", kSell),
             header("struct item { struct item *next; void (*visit)(struct item *self); };", kSell), ""}),
    [](const auto &info) { return std::string(info.param.name); });

const std::string kHostHeader = header("", "  graft_status (*sell)(void *);\n  int32_t (*count)(void);");
const std::string kOtherHeader = header("", "  graft_status (*sell)(void *);\n  int64_t (*count)(void);");

TEST_F(Contracts, AViewThatComesAfterTheProviderIsRefusedWhileThatLives) {
  ASSERT_THAT(runtime->load(provider(kOtherHeader)), Succeeds());
  EXPECT_THAT(runtime->read_contracts(MemoryFile{"host.h", kHostHeader}),
              FailsWith(Code::kIncompatible, HasSubstr("'int32_t' to the host and 'int64_t' to bundle 'shop'")));
  EXPECT_THAT(runtime->bind<shop>(), Succeeds()); // nothing was taken
}

TEST_F(Contracts, AReloadThatNoLongerFitsTheHostIsRefusedAndTheOldCodeStays) {
  ASSERT_THAT(runtime->read_contracts(MemoryFile{"host.h", kHostHeader}), Succeeds());
  const std::string answer =
      "#include \"shop.h\"\nstatic int32_t count(void) { return 7; }\nGRAFT_PROVIDE(shop, {.count = count})\n";
  ASSERT_THAT(runtime->load(MemoryBundle{"shop", {{"shop.h", kHostHeader}, {"shop.c", answer}}}), Succeeds());
  const auto bound = *runtime->bind<shop>();
  int failed = 0;
  runtime->listen([&](const Event &event) { failed += event.phase == Phase::kFailed ? 1 : 0; });
  EXPECT_THAT(runtime->reload(provider(kOtherHeader)), FailsWith(Code::kIncompatible, HasSubstr("function 'count'")));
  EXPECT_EQ(failed, 1);
  EXPECT_FALSE(has_run());
  EXPECT_EQ(bound->count(), 7);
}

TEST_F(Contracts, APluginThatWasCompiledAgainstAnotherContractIsRefused) {
  ASSERT_THAT(runtime->load(provider(kHostHeader)), Succeeds());
  EXPECT_THAT(runtime->load(caller(kOtherHeader)),
              FailsWith(Code::kIncompatible, HasSubstr("is 'int64_t' to bundle 'caller' and 'int32_t' to bundle 'shop'")));
  EXPECT_THAT(runtime->load(caller(kHostHeader)), Succeeds());
}

TEST_F(Contracts, AReloadThatNoLongerFitsALivePluginIsRefusedWithItsName) {
  ASSERT_THAT(runtime->load(caller(kHostHeader)), Succeeds());
  EXPECT_THAT(runtime->load(provider(kOtherHeader)), FailsWith(Code::kIncompatible, HasSubstr("to bundle 'caller'")));
  EXPECT_FALSE(has_run());
  ASSERT_THAT(runtime->load(provider(kHostHeader)), Succeeds());
  EXPECT_THAT(runtime->reload(provider(kOtherHeader)), FailsWith(Code::kIncompatible, HasSubstr("to bundle 'caller'")));
}

TEST_F(Contracts, ProviderAndCallerChangeTogetherInOneTransaction) {
  const test::TempFolder folder;
  const auto write = [&](const std::string &contract) {
    folder.write("shop/shop.h", contract);
    folder.write("shop/shop.c", "#include \"shop.h\"\nGRAFT_PROVIDE(shop, {0})\n");
    folder.write("caller/shop.h", contract);
    folder.write("caller/caller.c", "#include \"shop.h\"\n" + test::number_text(1));
  };
  write(kHostHeader);
  ASSERT_THAT(runtime->load(folder.path() / "shop"), Succeeds());
  ASSERT_THAT(runtime->load(folder.path() / "caller"), Succeeds());
  write(kOtherHeader);
  EXPECT_THAT(runtime->reload("shop"), FailsWith(Code::kIncompatible, HasSubstr("to bundle 'caller'")));
  EXPECT_THAT(runtime->reload("caller"), FailsWith(Code::kIncompatible, HasSubstr("to bundle 'shop'")));
  EXPECT_THAT(runtime->reload(std::vector<std::string>{"shop", "caller"}), Succeeds());
}

TEST_F(Contracts, AHostMayInsistOnViews) {
  auto strict = Runtime::create({.views = Views::kRequired});
  ASSERT_THAT(strict->load(provider(kHostHeader)), Succeeds());
  EXPECT_THAT(strict->bind<shop>(), FailsWith(Code::kRefused, HasSubstr("no view of contract 'test.shop@1'")));
  ASSERT_THAT(strict->read_contracts(MemoryFile{"host.h", kHostHeader}), Succeeds());
  EXPECT_THAT(strict->bind<shop>(), Succeeds());
}

TEST_F(Contracts, AHeaderIsReadFromAPathOrRefused) {
  const test::TempFolder folder;
  const auto names = runtime->read_contracts(folder.write("shop.h", kHostHeader));
  ASSERT_THAT(names, Succeeds());
  EXPECT_EQ(*names, std::vector<std::string>{"test.shop@1.0"});
  EXPECT_THAT(runtime->read_contracts(folder.path() / "none.h"), FailsWith(Code::kNotFound, HasSubstr("none.h")));
  EXPECT_THAT(runtime->read_contracts(folder.write("empty.h", "struct s { int a; };\n")),
              FailsWith(Code::kInvalid, HasSubstr("declares no contract")));
  EXPECT_THAT(runtime->read_contracts(folder.write("broken.h", "struct s { int a }\n")),
              FailsWith(Code::kInvalid, HasSubstr("broken.h:1")));
}

} // namespace
} // namespace graft
