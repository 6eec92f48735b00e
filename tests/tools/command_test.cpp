// The other subcommands: good paths, bad paths, exit codes, JSON that parses.
#include "process.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace graft::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const std::string kPlugins = std::string(GRAFT_SOURCE_DIR) + "/plugins_src/";

json parsed(const std::string &text) { return json::parse(text, nullptr, /*allow_exceptions=*/false); }

constexpr const char *kTypes = R"(
#include <graft/abi.h>
#include <stdbool.h>
enum colour { RED = 1, GREEN = 5 };
struct point { double x, y; };
struct shape { const char *name; struct point at[2]; unsigned flags : 3; enum colour colour; char label[8]; };
GRAFT_CONTRACT(types, "test.types", 1, 0) {
  uint8_t (*byte)(uint8_t value);
  int64_t (*sum)(const int32_t *numbers, uint32_t count);
  bool (*opposite)(bool value);
  float (*half)(float value);
  enum colour (*next)(enum colour colour);
  struct point (*mirror)(struct point point);
  const char *(*greet)(const char *name);
  graft_str (*tail)(graft_str text);
  graft_status (*grow)(struct shape *shape, int32_t *calls);
  graft_status (*outputs)(uint16_t *number, struct point *point, graft_buf *text);
  void (*nothing)(void);
  graft_status (*status)(int32_t value);
  long double (*wide)(long double value);
  int32_t (*opaque)(void *anything);
};
static uint8_t byte(uint8_t value) { return value + 1; }
static int64_t sum(const int32_t *numbers, uint32_t count) { int64_t s = 0; while (count--) s += numbers[count]; return s; }
static bool opposite(bool value) { return !value; }
static float half(float value) { return value / 2; }
static enum colour next(enum colour colour) { return colour == RED ? GREEN : RED; }
static struct point mirror(struct point point) { struct point result = {point.y, point.x}; return result; }
static const char *greet(const char *name) { return name; }
static graft_str tail(graft_str text) { ++text.data, --text.size; return text; }
static graft_status grow(struct shape *shape, int32_t *calls) { shape->at[1].x *= 2; shape->flags++; shape->colour = GREEN; *calls += 1; shape->label[0] = 'X'; return GRAFT_OK; }
static graft_status outputs(uint16_t *number, struct point *point, graft_buf *text) { *number = 65535; point->y = 1.5; return graft_buf_append_text(&graft_self, text, "text"); }
static void nothing(void) {}
static graft_status status(int32_t value) { return value; }
static long double wide(long double value) { return value * 2; }
static int32_t opaque(void *anything) { return anything != 0; }
GRAFT_PROVIDE(types, {.byte = byte, .sum = sum, .opposite = opposite, .half = half, .next = next, .mirror = mirror, .greet = greet, .tail = tail, .grow = grow, .outputs = outputs, .nothing = nothing, .status = status, .wide = wide, .opaque = opaque});
)";

/// Calls functions of the bundle above.
class CallByName : public testing::Test {
 protected:
  Outcome call(std::vector<std::string> words) {
    words.insert(words.begin(), {"run", file_, "--call"});
    return graft(words);
  }

  TempFolder folder_;
  std::string file_ = folder_.write("types.c", kTypes);
};

TEST_F(CallByName, ReadsAndPrintsEveryKindOfValue) {
  const std::string t = "test.types.";
  const Outcome outcome = graft({"run",
                                 file_,
                                 "--call",
                                 t + "byte",
                                 "0x0f",
                                 "--call",
                                 t + "sum",
                                 "[1,-2,30]",
                                 "3",
                                 "--call",
                                 t + "opposite",
                                 "true",
                                 "--call",
                                 t + "half",
                                 "-0.2",
                                 "--call",
                                 t + "next",
                                 "RED",
                                 "--call",
                                 t + "mirror",
                                 R"({"x":1,"y":-2.5})",
                                 "--call",
                                 t + "greet",
                                 "a \"b\"",
                                 "--call",
                                 t + "tail",
                                 "tail",
                                 "--call",
                                 t + "nothing",
                                 "--call",
                                 t + "wide",
                                 "1.25",
                                 "--call",
                                 "test.types@1.byte",
                                 "7"});
  EXPECT_EQ(outcome.out, "16\n29\nfalse\n-0.1\nGREEN\n{\"x\":-2.5,\"y\":1.0}\na \"b\"\nail\n2.5\n8\n");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(CallByName, PrintsOutParametersThatNobodyGave) {
  EXPECT_EQ(call({"test.types.outputs"}).out, "number = 65535\npoint = {\"x\":0.0,\"y\":1.5}\ntext = \"text\"\n");
}

TEST_F(CallByName, GivesPointersThatWereGivenBack) {
  const Outcome outcome =
      call({"test.types.grow", R"({"name":"s","at":[{"x":1},{"x":4,"y":2}],"flags":2,"colour":"RED","label":"abc"})", "41"});
  EXPECT_EQ(outcome.out, "shape = {\"name\":\"s\",\"at\":[{\"x\":1.0,\"y\":0.0},{\"x\":8.0,\"y\":2.0}],\"flags\":3,"
                         "\"colour\":\"GREEN\",\"label\":\"Xbc\"}\ncalls = 42\n")
      << outcome.err;
}

TEST_F(CallByName, RefusesWhatDoesNotFitWithTheParametersNameAndType) {
  EXPECT_THAT(call({"test.types.byte", "256"}).err,
              HasSubstr("'value' is of type 'uint8_t', which holds 0 to 255; 256 was given"));
  EXPECT_THAT(call({"test.types.byte", "x"}).err, HasSubstr("'x' does not spell one"));
  EXPECT_THAT(call({"test.types.next", "REDD"}).err, HasSubstr("did you mean 'RED'?"));
  EXPECT_THAT(call({"test.types.mirror", R"({"x":1,"z":2})"}).err, HasSubstr("has no field 'z'"));
  EXPECT_THAT(call({"test.types.mirror", "{"}).err, HasSubstr("'{' is not JSON"));
  EXPECT_THAT(call({"test.types.mirror", R"({"x":"1"})"}).err, HasSubstr("'point.x' is of type 'double'; \"1\" was given"));
  EXPECT_THAT(call({"test.types.sum", "[1]"}).err, HasSubstr("'sum' takes 2 arguments, 1 was given"));
  EXPECT_THAT(call({"test.types.opaque", "5"}).err, HasSubstr("which text cannot spell"));
  EXPECT_EQ(call({"test.types.byte", "256"}).status, 1);
}

TEST_F(CallByName, NamesTheNearestContractAndFunction) {
  EXPECT_THAT(call({"test.types.bite", "1"}).err, HasSubstr("did you mean 'byte'?"));
  EXPECT_THAT(call({"test.tpes.byte", "1"}).err, HasSubstr("did you mean 'test.types'?"));
  EXPECT_THAT(call({"test.types@2.byte", "1"}).err, HasSubstr("no loaded bundle provides 'test.types@2'"));
  EXPECT_THAT(call({"byte", "1"}).err, HasSubstr("names no function"));
}

TEST_F(CallByName, AStatusIsAFailureWithItsNumber) {
  const Outcome outcome = call({"test.types.status", "-7"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("'test.types.status' returned status -7"));
}

TEST_F(CallByName, JsonSaysWhichGenerationAndSourceAnswered) {
  const Outcome outcome = call({"test.types.byte", "1", "--json"});
  const json report = parsed(outcome.out);
  ASSERT_FALSE(report.is_discarded()) << outcome.out;
  EXPECT_EQ(report["calls"][0]["result"], 2);
  EXPECT_EQ(report["calls"][0]["generation"], 1);
  EXPECT_EQ(report["calls"][0]["source"].get<std::string>().size(), 16u);
}

TEST(Run, PrintsAReturnedBufferPlainly) {
  const Outcome outcome = graft({"run", kPlugins + "greeter", "--call", "demo.greeter.greet", "world"});
  EXPECT_EQ(outcome.out, "Hello, world!\n");
  EXPECT_EQ(outcome.status, 0);
}

TEST(Run, LoadsBundlesWhoseRequirementsComeLater) {
  const TempFolder folder;
  folder.write("user/graft.toml", "name = \"user\"\nrequires = [\"demo.greeter@1.0\"]\n");
  folder.write("user/user.c", "static int unused_here;\nint user(void) { return unused_here; }\n");
  const Outcome outcome = graft({"run", folder / "user", kPlugins + "greeter", "--call", "demo.greeter.greet", "you"});
  EXPECT_EQ(outcome.out, "Hello, you!\n") << outcome.err;
}

TEST(Run, ARequirementThatNobodyMeetsIsNamed) {
  const TempFolder folder;
  folder.write("graft.toml", "name = \"user\"\nrequires = [\"nobody.has@3.1\"]\n");
  folder.write("user.c", "int user(void) { return 0; }\n");
  const Outcome outcome = graft({"run", folder.path()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("nobody.has@3.1"));
}

TEST(Run, AllowsForeignBitcodeWithAWarningUnlessToldOtherwise) {
  const Outcome allowed = graft({"run", kPlugins + "checksum"});
  EXPECT_EQ(allowed.status, 0) << allowed.err;
  EXPECT_THAT(allowed.err, HasSubstr("whose types nobody checked"));
  const Outcome refused = graft({"run", "--checked-only", kPlugins + "checksum"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("whose types nobody checked"));
}

TEST(Run, SaysHowGoodTheCodeIsAndTakesThePolicy) {
  const auto tier_of = [](const std::string &way) {
    return parsed(graft({"run", kPlugins + "greeter", "--json", "--tier-up", way}).out)["bundles"][0]["tier"];
  };
  EXPECT_EQ(tier_of("good"), "good");
  EXPECT_EQ(tier_of("fast"), "fast");
  EXPECT_EQ(tier_of("fast-then-good"), "fast") << "nobody waited for more";
  EXPECT_EQ(graft({"run", kPlugins + "greeter", "--tier-up", "better"}).status, 2);
}

TEST(Run, AMissingPathIsAFailureAlsoInJson) {
  EXPECT_EQ(graft({"run", "/nowhere/at/all"}).status, 1);
  EXPECT_THAT(graft({"run", "/nowhere/at/all"}).err, HasSubstr("there is no '/nowhere/at/all'"));
  EXPECT_EQ(parsed(graft({"run", "--json", "/nowhere/at/all"}).out)["error"]["code"], "not found");
}

TEST(Check, ReportsEveryPathAndRunsNothing) {
  const TempFolder folder;
  const std::string good = folder.write("good.c", "#include <graft/abi.h>\n#include <stdlib.h>\n"
                                                  "__attribute__((constructor)) static void never(void) { abort(); }\n"
                                                  "GRAFT_CONTRACT(t, \"test.t\", 1, 0) { void (*f)(void); };\n"
                                                  "static void f(void) {}\nGRAFT_PROVIDE(t, {.f = f});\n");
  const std::string bad = folder.write("bad.c", "int f(void) { return 1 }\n");
  const Outcome outcome = graft({"check", bad, good});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("bad.c:1:23: error: expected ';' after return statement"));
  EXPECT_THAT(outcome.out, HasSubstr("good: ok (1 source; provides test.t@1.0)"));
  EXPECT_EQ(graft({"check", good}).status, 0);
}

TEST(Check, TakesAFolderOfBundlesForThose) {
  const TempFolder folder;
  for (const char *name : {"one", "two"}) ASSERT_EQ(graft({"new", name, "--dir", folder.path()}).status, 0);
  const Outcome outcome = graft({"check", folder.path()});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::AllOf(HasSubstr("one: ok ("), HasSubstr("two: ok (")));
}

TEST(Check, JsonIsAnArrayOfDiagnostics) {
  const TempFolder folder;
  const Outcome outcome = graft({"check", "--json", folder.write("bad.c", "int f(void) { return 1 }\n"), "/nowhere"});
  const json list = parsed(outcome.out);
  ASSERT_TRUE(list.is_array()) << outcome.out;
  EXPECT_EQ(list[0]["severity"], "error");
  EXPECT_EQ(list[0]["line"], 1);
  EXPECT_EQ(list[0]["column"], 23);
  EXPECT_THAT(list.back()["message"].get<std::string>(), HasSubstr("/nowhere"));
  EXPECT_EQ(outcome.status, 1);
}

TEST(Run, InAWorkerIsTheSame) {
  const std::vector<std::string> call = {"--call", "demo.greeter.greet", "world"};
  std::vector<std::string> here = {"run", kPlugins + "greeter"}, there = {"run", "--worker", kPlugins + "greeter"};
  here.insert(here.end(), call.begin(), call.end());
  there.insert(there.end(), call.begin(), call.end());
  const Outcome outcome = graft(there);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, graft(here).out);
}

TEST(Run, SaysWhatEachStageCosts) {
  const TempFolder folder;
  const std::string file = folder.write(
      "v.cpp",
      "#include <graft/abi.h>\n#include <vector>\nGRAFT_CONTRACT(t, \"test.t\", 1, 0) { int32_t (*f)(int32_t n); };\n"
      "static int32_t f(int32_t n) { return std::vector<int32_t>(3, n)[0]; }\nGRAFT_PROVIDE(t, {.f = f});\n");
  const Outcome text = graft({"run", "--timings", "--memory", "1G", file});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.err, HasSubstr("compiled 1 of 1 file"));
  for (const char *stage : {"scan", "parse", "instantiate", "codegen", "link", "verify", "init", "swap"})
    EXPECT_THAT(text.err, HasSubstr(stage));
  const json times = parsed(graft({"run", "--timings", "--json", file}).out)["times_ns"];
  EXPECT_EQ(times["compiled"], 1);
  for (const char *stage : {"parse", "instantiate", "lower", "emit"}) EXPECT_GT(times["stages"][stage], 0) << stage;
  EXPECT_THAT(graft({"run", file}).err, Not(HasSubstr("codegen")));
  EXPECT_EQ(parsed(graft({"run", "--json", file}).out).count("times_ns"), 0u);
}

TEST(Check, AManifestsErrorHasLineAndColumn) {
  const TempFolder folder;
  folder.write("graft.toml", "name = \"x\"\nverson = \"1.0.0\"\n");
  const Outcome outcome = graft({"check", folder.path()});
  EXPECT_THAT(outcome.err, HasSubstr("graft.toml:2:1: error: unknown key 'verson'; did you mean 'version'?"));
}

TEST(Check, AnUndefinedSymbolIsAnErrorWithItsPlace) {
  const TempFolder folder;
  const std::string file =
      folder.write("bad.c", "#include <graft/abi.h>\nGRAFT_CONTRACT(t, \"test.t\", 1, 0) { void (*f)(void); };\n"
                            "void nowhere_to_be_found(void);\nstatic void f(void) { nowhere_to_be_found(); }\n"
                            "GRAFT_PROVIDE(t, {.f = f});\n");
  const Outcome outcome = graft({"check", file});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("bad.c:4:"));
  EXPECT_THAT(outcome.err, HasSubstr("nowhere_to_be_found"));
}

TEST(Inspect, SaysWhatABundleIs) {
  const Outcome text = graft({"inspect", kPlugins + "greeter"});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("demo.greeter@1.0"));
  EXPECT_THAT(text.out, HasSubstr("graft_status (*greet)(graft_str name, graft_buf *out)"));
  const json facts = parsed(graft({"inspect", "--json", kPlugins + "greeter"}).out);
  EXPECT_EQ(facts["name"], "greeter");
  EXPECT_EQ(facts["contracts"][0]["functions"][0]["name"], "greet");
  EXPECT_GT(facts["bytes"]["code"], 0);
  EXPECT_FALSE(facts["symbols"].empty());
}

TEST(Inspect, PrintsIrAndAssembly) {
  EXPECT_THAT(graft({"inspect", "--ir", kPlugins + "greeter"}).out, HasSubstr("define "));
  EXPECT_THAT(graft({"inspect", "--asm", kPlugins + "greeter"}).out, HasSubstr(".text"));
  EXPECT_EQ(graft({"inspect", "--asm", "--ir", kPlugins + "greeter"}).status, 2);
}

TEST(Commands, PermissionsNamesFunctionsLinesAndTheListThatCoversThem) {
  const TempFolder folder;
  const std::string bundle = folder.write(
      "reader.c", "#include <graft/abi.h>\n#include <fcntl.h>\nGRAFT_CONTRACT(reads, \"test.reads\", 1, 0) { int32_t (*read)(void); };\n"
                  "static int32_t read_it(void) { return open(\"/\", 0); }\nGRAFT_PROVIDE(reads, {.read = read_it})\n");
  const Outcome text = graft({"permissions", bundle});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, testing::AllOf(HasSubstr("lists no permissions"), HasSubstr("open"), HasSubstr("reader.c:4"),
                                       HasSubstr("permissions = [\"fs\"]")));
  const json facts = parsed(graft({"permissions", "--json", bundle}).out);
  EXPECT_EQ(facts["suggestion"], json::array({"fs"}));
  EXPECT_EQ(facts["needs"][0]["uses"][0]["symbol"], "open");
  EXPECT_THAT(graft({"permissions", "--known"}).out, HasSubstr("io_console"));
  EXPECT_EQ(graft({"permissions"}).status, 2);
  EXPECT_EQ(graft({"permissions", folder / "none"}).status, 1);
}

TEST(Plan, OfBundlesWithDifferentNamesSaysSoAndCountsWhatIsLost) {
  const TempFolder folder;
  const std::string code = "#include <graft/abi.h>\nGRAFT_CONTRACT(t, \"test.t\", 1, 0) { int32_t (*f)(void); };\n"
                           "static int32_t f(void) { return 1; }\nGRAFT_PROVIDE(t, {.f = f})\n";
  folder.write("counts/code.c", code + "struct memory { int32_t calls; };\nGRAFT_KEEP static struct memory kept;\n"
                                       "int32_t calls(void) { return kept.calls; }\n");
  folder.write("greets/code.c", code);
  const Outcome outcome = graft({"plan", folder / "counts", folder / "greets"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("bundle 'greets': no state kept, 1 dropped\n"));
  EXPECT_THAT(outcome.out, HasSubstr("the old version is named 'counts': a host takes them for two bundles"));
  EXPECT_THAT(graft({"plan", folder / "counts", folder / "counts"}).out, Not(HasSubstr("is named")));
}

TEST(Check, APlaceInAHeaderOfOursIsAFileThatIsThere) {
  const TempFolder folder;
  const std::string bad = folder.write("bad.c", "#include <graft/abi.h>\nint f(void) { return graft_str_equal(1); }\n");
  const Outcome text = graft({"check", bad});
  EXPECT_THAT(text.err, HasSubstr("include/graft/abi/"));
  EXPECT_THAT(text.err, Not(HasSubstr("/.graft/")));
  const json list = parsed(graft({"check", "--json", bad}).out);
  ASSERT_FALSE(list.empty() || list[0]["notes"].empty()) << list;
  EXPECT_TRUE(std::filesystem::exists(list[0]["notes"][0].value("file", ""))) << list;
  const json log = parsed(read((graft({"check", "--sarif", folder / "log", bad}), folder / "log")));
  EXPECT_THAT(log.dump(), Not(HasSubstr("/.graft/")));
}

TEST(Doctor, SaysWhatIsThere) {
  const json report = parsed(graft({"doctor", "--json"}).out);
  EXPECT_EQ(report["healthy"], true);
  EXPECT_GE(report["requirements"].size(), 3u);
  const Outcome text = graft({"doctor"});
  EXPECT_EQ(text.status, 0);
  EXPECT_TRUE(text.out.ends_with("\nall of it is there\n")) << text.out;
}

TEST(Command, UsedWronglyIsExitCodeTwo) {
  EXPECT_EQ(graft({"run", "x", "--nonsense"}).status, 2) << "usage_test.cpp has the words";
  EXPECT_EQ(graft({"run", "/nowhere"}).status, 1);
  EXPECT_EQ(graft({"--help"}).status, 0);
}

TEST(Command, PrintsNoColourIntoAFile) {
  const Outcome outcome = graft({"check", "/nowhere"}, {{}, {"TERM=xterm"}, {}});
  EXPECT_THAT(outcome.err, Not(HasSubstr("\033")));
}

} // namespace
} // namespace graft::test
