// Facts: contracts, kept state, headers and entry points as the AST knows them, and what the macros must not be used for.
#include "compile.hpp"
#include "matchers.hpp"

#include <algorithm>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Facts facts(const std::string &name, const std::string &text) {
  Options options;
  options.need = driver::Need::kFacts;
  auto artifact = compile(name, text, options);
  EXPECT_THAT(artifact, Succeeds());
  return artifact ? (*artifact).facts : Facts{};
}

const std::string kEverything = R"(#include <graft/abi.h>
#include <stdbool.h>
enum color { RED, GREEN = 7 };
struct node { struct node *next; const char *name; double weight[3]; unsigned low : 3, high : 5; };
union either { int i; float f; };
typedef struct { long a; } anonymous;
GRAFT_CONTRACT(everything, "test.everything", 3, 4) {
  graft_status (*status)(graft_str text, graft_buf *out);
  bool (*flag)(const bool value, enum color color);
  struct node *(*walk)(const struct node *from, union either *either, anonymous *thing);
  void (*call)(int (*callback)(void *, unsigned char), void *context);
  int (*print)(const char *format, int (*next)(const char *, ...));
  long double (*precise)(long double, float, short, unsigned long long, signed char, size_t);
  struct undefined *(*opaque)(struct undefined *);
};
)";

TEST(Facts, OfAContractAreItsNameVersionFunctionsAndPlaces) {
  const Facts found = facts("a.c", kEverything);
  ASSERT_EQ(found.contracts.size(), 1u);
  const ContractFacts &contract = found.contracts[0];
  EXPECT_EQ(contract.tag, "everything");
  EXPECT_EQ(contract.name, "test.everything");
  EXPECT_EQ(contract.major, 3);
  EXPECT_EQ(contract.minor, 4);
  EXPECT_EQ(to_string(contract.where), "a.c:7:1");
  ASSERT_EQ(contract.functions.size(), 7u);
  EXPECT_EQ(contract.functions[0].name, "status");
  EXPECT_TRUE(contract.functions[0].returns_status);
  EXPECT_FALSE(contract.functions[1].returns_status);
  EXPECT_EQ(contract.functions[0].declaration, "graft_status (*status)(graft_str text, graft_buf *out)");
  EXPECT_EQ(to_string(contract.functions[0].where), "a.c:8:18");
  EXPECT_EQ(contract.functions[0].line, "  graft_status (*status)(graft_str text, graft_buf *out);");
  EXPECT_EQ(contract.functions[4].fingerprint, "fn(*const i8,*fn(*const i8,...)->i32)->i32");
}

TEST(Facts, AnIntReturnIsNoStatus) {
  const Facts found = facts(
      "a.c",
      "#include <graft/abi.h>\nGRAFT_CONTRACT(c, \"t.c\", 1, 0) { int32_t (*plain)(void); graft_status (*status)(void); };");
  ASSERT_EQ(found.contracts.size(), 1u);
  EXPECT_FALSE(found.contracts[0].functions[0].returns_status);
  EXPECT_TRUE(found.contracts[0].functions[1].returns_status);
  EXPECT_EQ(found.contracts[0].functions[0].fingerprint, found.contracts[0].functions[1].fingerprint);
}

TEST(Facts, OfOneHeaderAreTheSameInCAndCxx) {
  const Facts c = facts("a.c", kEverything);
  const Facts cxx = facts("a.cpp", kEverything);
  ASSERT_EQ(c.contracts.size(), 1u);
  ASSERT_EQ(cxx.contracts.size(), 1u);
  for (std::size_t i = 0; i < c.contracts[0].functions.size(); ++i)
    EXPECT_EQ(c.contracts[0].functions[i].fingerprint, cxx.contracts[0].functions[i].fingerprint);
}

TEST(Facts, OfARecursiveStructAreFinite) {
  const Facts found = facts("a.c", kEverything);
  EXPECT_LT(found.types.types.size(), 64u);
  EXPECT_LT(found.contracts[0].functions[2].fingerprint.size(), 1000u);
}

TEST(Facts, OfTypesSayWhereEachFieldAndValueIsDeclared) {
  const Facts found = facts("a.c", kEverything);
  const auto node = std::ranges::find(found.types.types, "node", &Type::name);
  ASSERT_NE(node, found.types.types.end());
  EXPECT_EQ(to_string(node->declared.where), "a.c:4:8");
  EXPECT_EQ(to_string(node->fields[1].declared.where), "a.c:4:46");
  EXPECT_THAT(node->fields[1].declared.line, testing::StartsWith("struct node {"));
  const auto color = std::ranges::find(found.types.types, "color", &Type::name);
  ASSERT_NE(color, found.types.types.end());
  EXPECT_EQ(to_string(color->enumerators[1].declared.where), "a.c:3:19");
}

TEST(Facts, AContractThatReturnsAPointerIsWarnedOf) {
  const auto artifact =
      compile("a.c", "#include <graft/abi.h>\nGRAFT_CONTRACT(c, \"t.c\", 1, 0) {\n  const char *(*name)(void); };");
  ASSERT_THAT(artifact, Succeeds());
  ASSERT_EQ((*artifact).warnings.size(), 1u);
  EXPECT_THAT(render((*artifact).warnings),
              HasSubstr("a.c:3:17: warning: entry 'name' of contract 't.c' returns a pointer"));
}

/// A chain of `levels` structs, each of which points at the one before.
std::string chain(int levels) {
  std::string text = "#include <graft/abi.h>\nstruct s0 { int last; };\n";
  for (int level = 1; level <= levels; ++level)
    text += "struct s" + std::to_string(level) + " { struct s" + std::to_string(level - 1) + " *next; };\n";
  return text;
}

TEST(Facts, AnEndlessChainOfTypesIsRefusedAndAShortOneIsNot) {
  const auto contract = [](int levels) {
    return chain(levels) + "GRAFT_CONTRACT(c, \"t.c\", 1, 0) { void (*f)(struct s" + std::to_string(levels) + " *); };";
  };
  EXPECT_THAT(compile("a.c", contract(200)), Succeeds());
  for (const int levels : {300, 20'000})
    EXPECT_THAT(compile("a.c", contract(levels)),
                FailsWith(Code::kInvalid, HasSubstr("contract 't.c' refers to types more than 512 levels deep")));
  EXPECT_THAT(compile("a.c", chain(20'000) + "GRAFT_KEEP struct s20000 first;"),
              FailsWith(Code::kInvalid, HasSubstr("GRAFT_KEEP variable 'first' refers to types more than 512 levels deep")));
}

TEST(Facts, DifferWhenATypeDiffers) {
  const auto first = [](const std::string &type) {
    return facts("a.c", "#include <graft/abi.h>\nstruct p { " + type +
                            " x; };\nGRAFT_CONTRACT(c, \"t.c\", 1, 0) { void (*f)(struct p *); };")
        .contracts.at(0)
        .functions.at(0)
        .fingerprint;
  };
  EXPECT_EQ(first("int"), first("signed"));
  EXPECT_NE(first("int"), first("unsigned"));
  EXPECT_NE(first("int"), first("long"));
}

TEST(Facts, OfKeptStateAreNameSymbolAndType) {
  const Facts found =
      facts("a.cpp", "#include <graft/abi.h>\nnamespace game {\nstruct score { int points; };\nGRAFT_KEEP score best;\n}\n"
                     "GRAFT_KEEP static int count = 3;");
  ASSERT_EQ(found.kept.size(), 2u);
  EXPECT_EQ(found.kept[0].name, "best");
  EXPECT_EQ(found.kept[0].symbol, "_ZN4game4bestE");
  EXPECT_EQ(found.types[found.kept[0].type].kind, TypeKind::kStruct);
  EXPECT_EQ(found.kept[0].where.line, 4u);
  EXPECT_EQ(found.kept[1].fingerprint, "i32");
}

TEST(Facts, ATentativeDefinitionIsKeptOnce) {
  const Facts found = facts("a.c", "#include <graft/abi.h>\nGRAFT_KEEP int count;\nint count;\nextern int count;");
  EXPECT_EQ(found.kept.size(), 1u);
}

TEST(Facts, EntryPointsAreSeen) {
  const Facts found = facts(
      "a.c", "#include <graft/abi.h>\n"
             "graft_status graft_init(const graft_host *h, const graft_init_context *c) { (void)h; (void)c; return 0; }\n"
             "void graft_stop(void) {}\nint main(void) { return 0; }");
  EXPECT_TRUE(found.defines_init);
  EXPECT_TRUE(found.defines_stop);
  EXPECT_TRUE(found.defines_main);
  EXPECT_FALSE(facts("a.cpp", "namespace n { void graft_stop() {} }\nint graft_init();").defines_stop);
}

TEST(Facts, HeadersAreListedWithTheirKind) {
  const Facts found = facts("a.c", "#include <graft/abi.h>\n#if __has_include(\"not_yet.h\")\n#endif\n");
  const auto has = [&](std::string_view end, bool system) {
    return std::ranges::any_of(
        found.headers, [&](const HeaderFacts &header) { return header.path.ends_with(end) && header.system == system; });
  };
  EXPECT_TRUE(has("graft/abi.h", true));
  EXPECT_TRUE(has("graft/abi/contract.h", true));
  EXPECT_TRUE(has("stdint.h", true));
  EXPECT_TRUE(has("not_yet.h", false));
}

/// A contract with instances, to its fourth line, without its end; and a provider of it.
const std::string kInstances =
    "GRAFT_CONTRACT(c, \"t.c\", 1, 0) {\n  graft_status (*create)(const graft_instance_args *args, void "
    "**self);\n  void (*destroy)(void *self);\n";
const std::string kInstanceProvider =
    "static graft_status create(const graft_instance_args *a, void **s) { return !a || !s; }\n"
    "static void destroy(void *self) { (void)self; }\n"
    "GRAFT_PROVIDE(c, {.create = create, .destroy = destroy});\n";

struct Refusal {
  const char *name;
  const char *file;
  std::string text;
  const char *sentence;
};
void PrintTo(const Refusal &refusal, std::ostream *out) { *out << refusal.name; }

class Refused : public testing::TestWithParam<Refusal> {};
TEST_P(Refused, WithASentenceAndItsPlace) {
  const Refusal &refusal = GetParam();
  const std::string text = "#include <graft/abi.h>\n" + refusal.text;
  EXPECT_THAT(compile(refusal.file, text), FailsWith(Code::kInvalid, HasSubstr(refusal.sentence)));
}
INSTANTIATE_TEST_SUITE_P(
    Facts, Refused,
    testing::Values(
        Refusal{"NoFunction", "a.c", "GRAFT_CONTRACT(c, \"t.c\", 1, 0) {\n int size; };",
                "a.c:3:6: error: entry 'size' of contract 't.c' is no function pointer"},
        Refusal{"LargeReturn", "a.c",
                "struct big { long a[3]; };\nGRAFT_CONTRACT(c, \"t.c\", 1, 0) {\n  struct big (*get)(void); };",
                "a.c:4:16: error: entry 'get' of contract 't.c' returns 24 bytes, at most 16 fit in registers"},
        Refusal{"Variadic", "a.c", "GRAFT_CONTRACT(c, \"t.c\", 1, 0) {\n  void (*log)(const char *, ...); };",
                "a.c:3:10: error: entry 'log' of contract 't.c' takes '...', which no thunk can pass on"},
        Refusal{"PackedReturn", "a.c",
                "struct __attribute__((packed)) p { char a; double b; };\nGRAFT_CONTRACT(c, \"t.c\", 1, 0) {\n  struct p "
                "(*get)(void); };",
                "a.c:4:14: error: entry 'get' of contract 't.c' returns 'struct p', which has a field that is not aligned"},
        Refusal{"ReturnWithACopyConstructor", "a.cpp",
                "struct p { int a; ~p(); };\nGRAFT_CONTRACT(c, \"t.c\", 1, 0) {\n  p (*get)(); };",
                "a.cpp:4:7: error: entry 'get' of contract 't.c' returns 'p', which copies itself with code"},
        Refusal{"EmptyName", "a.c", "GRAFT_CONTRACT(c, \"\", 1, 0) { void (*f)(void); };",
                "a.c:2:1: error: contract 'c' has an empty name"},
        Refusal{"HugeMajor", "a.c", "GRAFT_CONTRACT(c, \"t.c\", 65536, 0) { void (*f)(void); };",
                "contract 'c' has version 65536.0: major and minor go from 0 to 65,535"},
        Refusal{"OddName", "a.c", "GRAFT_CONTRACT(c, \"t.\\n\\\"\", 1, 0) { void (*f)(void); };",
                "the name of contract 'c' is not made of 1 to 128 of"},
        Refusal{"NoFunctionInTable", "a.c",
                "GRAFT_CONTRACT(c, \"t.c\", 1, 0) { void (*f)(void); };\nGRAFT_PROVIDE(c, {.f = (void (*)(void))0x1234});",
                "entry 1 of the provider of 't.c' is no function"},
        Refusal{"BaseClass", "a.cpp",
                "struct base { void (*g)(); };\nGRAFT_CONTRACT(c, \"t.c\", 1, 0) : base { void (*f)(); };",
                "a.cpp:3:1: error: contract 't.c' has a base class"},
        Refusal{"KeptConst", "a.c", "GRAFT_KEEP const int x = 1;", "a.c:2:22: error: GRAFT_KEEP variable 'x' is const"},
        Refusal{"KeptConstexpr", "a.cpp", "GRAFT_KEEP constexpr int x = 1;", "GRAFT_KEEP variable 'x' is const"},
        Refusal{"KeptThreadLocal", "a.c", "GRAFT_KEEP _Thread_local int x;", "GRAFT_KEEP variable 'x' is thread_local"},
        Refusal{"KeptTemplate", "a.cpp", "template <class T> GRAFT_KEEP T x;", "GRAFT_KEEP variable 'x' is a template"},
        Refusal{"KeptLocal", "a.c", "int f(void) {\n  static GRAFT_KEEP int x;\n  return ++x; }",
                "a.c:3:10: error: GRAFT_KEEP marks nothing that can be kept"},
        Refusal{"KeptMember", "a.cpp", "struct s { GRAFT_KEEP static inline int x; };",
                "GRAFT_KEEP marks nothing that can be kept"},
        Refusal{"InstancesWithoutCreate", "a.c",
                "GRAFT_CONTRACT(c, \"t.c\", 1, 0) {\n  void (*destroy)(void *self);\n  graft_status (*create)(const "
                "graft_instance_args *, void **self); };",
                "a.c:4:18: error: contract 't.c' has instances, so its first function is 'graft_status (*create)("},
        Refusal{"InstancesWithAnOddCreate", "a.c",
                "GRAFT_CONTRACT(c, \"t.c\", 1, 0) {\n  void (*create)(const graft_instance_args *, void **self); };",
                "a.c:3:10: error: contract 't.c' has instances, so its first function is"},
        Refusal{
            "InstancesWithoutDestroy", "a.c",
            "GRAFT_CONTRACT(c, \"t.c\", 1, 0) {\n  graft_status (*create)(const graft_instance_args *, void **self);\n  int "
            "(*get)(void *self); };",
            "a.c:4:9: error: contract 't.c' has instances, so its second function is 'void (*destroy)(void *self)'"},
        Refusal{"FunctionWithoutSelf", "a.c", kInstances + "  int (*get)(int); };",
                "a.c:5:9: error: contract 't.c' has instances, so 'get' takes 'void *self' first"},
        Refusal{
            "ProviderWithoutAnInstanceType", "a.c", kInstances + " };\n" + kInstanceProvider,
            "error: the provider of 't.c', which has instances, does not say of what type they are: add GRAFT_INSTANCE(c, "},
        Refusal{"ProviderWithoutDestroy", "a.c",
                kInstances + " };\n" +
                    "static graft_status create(const graft_instance_args *a, void **s) { return !a || !s; }\n"
                    "GRAFT_PROVIDE(c, {.create = create});\nGRAFT_INSTANCE(c, int);",
                "which has instances, lacks 'destroy'"},
        Refusal{"InstanceTypeThatIsIncomplete", "a.c",
                kInstances + " };\n" + kInstanceProvider + "GRAFT_INSTANCE(c, struct later);",
                "a.c:9:1: error: GRAFT_INSTANCE(c, ...) names 'struct later', which is no complete type that can change"},
        Refusal{"InstanceTypeOfNoContract", "a.c", "GRAFT_INSTANCE(c, int);",
                "a.c:2:1: error: GRAFT_INSTANCE(c, ...) names no contract that was declared before it"},
        Refusal{"InstanceTypeOfAContractWithout", "a.c",
                "GRAFT_CONTRACT(c, \"t.c\", 1, 0) { void (*f)(void); };\nGRAFT_INSTANCE(c, int);",
                "GRAFT_INSTANCE(c, ...) is for a contract with instances, and 't.c' does not begin with create and destroy"},
        Refusal{"InstanceTypeTwice", "a.c",
                kInstances + " };\n" + kInstanceProvider + "GRAFT_INSTANCE(c, int);\nGRAFT_INSTANCE(c, int);",
                "a.c:10:1: error: GRAFT_INSTANCE(c, ...) stands twice"},
        Refusal{"InstanceTypeWithoutAProvider", "a.c", kInstances + " };\nGRAFT_INSTANCE(c, int);",
                "error: GRAFT_INSTANCE(c, ...) stands in a file that does not provide that contract"},
        Refusal{"MigrationFromVoid", "a.c",
                "struct s { int n; };\nGRAFT_MIGRATE(struct s, void, to, from) { to->n = from != 0; }",
                "a.c:3:1: error: GRAFT_MIGRATE from 'void', which is no complete type"},
        Refusal{"MigrationFromWhatIsIncomplete", "a.c",
                "struct s { int n; };\nstruct old;\nGRAFT_MIGRATE(struct s, struct old, to, from) { to->n = from != 0; }",
                "a.c:4:1: error: GRAFT_MIGRATE from 'struct old', which is no complete type"},
        Refusal{"MigrationTwice", "a.c",
                "struct s { int n; }; struct a { char c; }; struct b { char c; };\n"
                "GRAFT_MIGRATE(struct s, struct a, to, from) { to->n = from->c; }\n"
                "GRAFT_MIGRATE(struct s, struct b, to, from) { to->n = -from->c; }",
                "a.c:4:1: error: GRAFT_MIGRATE to 'struct s' from such a type as 'struct b' stands twice in this bundle"},
        Refusal{"KeptFunction", "a.c", "GRAFT_KEEP int f(void) { return 1; }", "GRAFT_KEEP marks nothing that can be kept"}),
    [](const auto &info) { return std::string(info.param.name); });

TEST(Facts, AProviderWithInstancesSaysOfWhatType) {
  const Facts found = facts("a.c", "#include <graft/abi.h>\n" + kInstances + "};\n" + kInstanceProvider +
                                       "GRAFT_INSTANCE(c, struct { int n, m; })\n");
  ASSERT_EQ(found.instances.size(), 1u);
  EXPECT_TRUE(found.contracts.at(0).has_instances);
  EXPECT_EQ(found.instances[0].tag, "c");
  EXPECT_EQ(found.types[found.instances[0].type].fields.size(), 2u);
  EXPECT_EQ(to_string(found.instances[0].where), "a.c:9:1");
}

TEST(Facts, OneContractDeclaredInTwoWaysIsRefused) {
  const auto contract = [](const std::string &type) {
    return "#include <graft/abi.h>\nGRAFT_CONTRACT(c, \"t.c\", 1, 0) { void (*f)(" + type + "); };\n";
  };
  EXPECT_THAT(compile(job({{"a.c", contract("int")}, {"b.c", contract("long")}})),
              FailsWith(Code::kIncompatible, AllOf(HasSubstr("'t.c@1' is declared in two ways"),
                                                   HasSubstr("void (*f)(long)"), HasSubstr("a.c:2"))));
}

TEST(Facts, OfTwoFilesWithOneContractAreMerged) {
  const auto artifact = compile(job({{"a.c", kGreeter}, {"b.cpp", kGreeter}}));
  ASSERT_THAT(artifact, Succeeds());
  EXPECT_EQ((*artifact).facts.contracts.size(), 1u);
  for (const ContractFunction &function : (*artifact).facts.contracts[0].functions)
    EXPECT_EQ(fingerprint((*artifact).facts.types, function.type), function.fingerprint);
}

} // namespace
} // namespace graft::test
