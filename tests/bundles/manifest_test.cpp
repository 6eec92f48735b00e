// `graft.toml`: what is read, and what is said about what is wrong in it.
#include "bundle/flags.hpp"
#include "bundle/manifest.hpp"
#include "matchers.hpp"

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::ElementsAre;
using testing::HasSubstr;

auto parse(std::string_view text) { return parse_manifest(text, "/b/graft.toml"); }

TEST(Manifest, EveryKeyIsRead) {
  const auto manifest =
      parse("name = \"greeter\"\nversion = \"1.2.3-rc.1+build.7\"\nsources = [\"src/*.c\"]\n"
            "flags = [\"-O2\", \"-I\", \"include\"]\nprovides = [\"demo.greeter@1.4\"]\nrequires = [\"demo.clock@2\"]\n");
  ASSERT_THAT(manifest, Succeeds());
  EXPECT_EQ((*manifest).name, "greeter");
  EXPECT_EQ((*manifest).version.minor, 2u);
  EXPECT_EQ((*manifest).version.text, "1.2.3-rc.1+build.7");
  EXPECT_THAT((*manifest).sources, ElementsAre("src/*.c"));
  EXPECT_THAT((*manifest).flags, ElementsAre("-O2", "-I", "include"));
  EXPECT_EQ(to_string((*manifest).provides[0]), "demo.greeter@1.4");
  EXPECT_EQ((*manifest).requires_[0].where, (SourcePos{"/b/graft.toml", 6, 13}));
  EXPECT_TRUE((*manifest).lists_provides);
}

TEST(Manifest, AnEmptyOneIsFine) {
  const auto manifest = parse("");
  ASSERT_THAT(manifest, Succeeds());
  EXPECT_EQ((*manifest).version.text, "0.0.0");
  EXPECT_FALSE((*manifest).lists_provides);
}

TEST(Manifest, BadTomlHasLineAndColumn) {
  EXPECT_THAT(parse("name = \"a\"\nversion = \n"), FailsWith(Code::kInvalid, HasSubstr("graft.toml:2:")));
}

TEST(Manifest, AnUnknownKeyGetsTheNearestKnownOne) {
  EXPECT_THAT(parse("name = \"a\"\n  surces = []\n"),
              FailsWith(Code::kInvalid, HasSubstr("graft.toml:2:3: unknown key 'surces'; did you mean 'sources'?")));
  EXPECT_THAT(parse("zzzzzzzzz = 1\n"), FailsWith(Code::kInvalid, HasSubstr("known are 'name', 'version'")));
}

TEST(Manifest, AWrongTypeSaysWhatItIsAndWhatWasWanted) {
  EXPECT_THAT(parse("name = 3\n"), FailsWith(Code::kInvalid, HasSubstr(":1:8: 'name' is an integer; wanted a string")));
  EXPECT_THAT(parse("sources = \"a.c\"\n"), FailsWith(Code::kInvalid, HasSubstr("'sources' is a string; wanted a list")));
  EXPECT_THAT(parse("flags = [\n\"-O1\",\n true]\n"),
              FailsWith(Code::kInvalid, HasSubstr(":3:2: an element of 'flags' is true or false")));
}

TEST(Manifest, BadNamesVersionsAndContractsAreRefusedWithTheirPlace) {
  EXPECT_THAT(parse("name = \"a b\"\n"), FailsWith(Code::kInvalid, HasSubstr("'a b' cannot name a bundle")));
  EXPECT_THAT(parse("name = \"\"\n"), FailsWith(Code::kInvalid, HasSubstr("'name' is empty")));
  EXPECT_THAT(parse("version = \"1.0\"\n"), FailsWith(Code::kInvalid, HasSubstr(":1:11: '1.0' is no version")));
  EXPECT_THAT(parse("requires = [\"demo.clock\"]\n"),
              FailsWith(Code::kInvalid, HasSubstr("'demo.clock' names no contract")));
  EXPECT_THAT(parse("provides = [\"a.b@1.0\",\n\"a.b@1.2\"]\n"),
              FailsWith(Code::kInvalid, HasSubstr(":2:1: 'provides' names a.b@1.0 and a.b@1.2")));
}

TEST(Manifest, SourcesStayInsideTheFolder) {
  EXPECT_THAT(parse("sources = [\"../x.c\"]\n"), FailsWith(Code::kInvalid, HasSubstr("leads out of the bundle's folder")));
  EXPECT_THAT(parse("sources = [\"/etc/passwd\"]\n"), FailsWith(Code::kInvalid, HasSubstr("leads out")));
}

TEST(Manifest, WhatTheCompilerIsToldIsReadAndItsShapeIsChecked) {
  const auto manifest = parse(
      "standard = [\"c11\", \"gnu++20\"]\nincludes = [\"inc\"]\ndefines = [\"A\", \"B=1 2\"]\ncontracts = [\"../c\"]\n");
  ASSERT_THAT(manifest, Succeeds());
  EXPECT_THAT(manifest->standards, ElementsAre("c11", "gnu++20"));
  EXPECT_EQ(manifest->includes[0].text, "inc");
  EXPECT_THAT(manifest->defines, ElementsAre("A", "B=1 2"));
  EXPECT_EQ(manifest->contracts[0].where, (SourcePos{"/b/graft.toml", 4, 14}));
  EXPECT_EQ(parse("standard = \"c++2b\"\n")->standards.size(), 1u);
  EXPECT_THAT(parse("standard = \"rust\"\n"), FailsWith(Code::kInvalid, HasSubstr(":1:12: 'rust' is no language standard")));
  EXPECT_THAT(parse("standard = [\"c11\", \"c17\"]\n"), FailsWith(Code::kInvalid, HasSubstr("names two for C")));
  EXPECT_THAT(parse("defines = [\"1X\"]\n"), FailsWith(Code::kInvalid, HasSubstr("'1X' defines nothing")));
}

TEST(Manifest, RequirementsComeInShortAndInLongForm) {
  const auto manifest =
      parse("requires = [\"a.b >=1.2, <2\",\n { contract = \"c.d\", version = \"~1.2\", optional = true },\n"
            " { contract = \"e\", bundle = \"x\", bundle_version = \"^1\" }, { bundle = \"y\" }]\n"
            "host_requires = [\"host.log@1\"]\n");
  ASSERT_THAT(manifest, Succeeds());
  std::vector<std::string> texts;
  for (const Want &want : manifest->requires_) texts.push_back(to_string(want));
  EXPECT_THAT(texts, ElementsAre("a.b >=1.2, <2", "c.d ~1.2", "e * of bundle 'x' ^1", "bundle 'y' *"));
  EXPECT_EQ(manifest->requires_[1].need, Need::kMay);
  EXPECT_EQ(manifest->requires_[1].where.line, 2u);
  EXPECT_EQ(manifest->host_requires[0].contract, "host.log");
}

TEST(Manifest, AWrongRequirementSaysWhatIsWrongAndWhere) {
  for (const auto &[text, said] :
       {std::pair("[{ contrct = \"a\" }]",
                  ":1:15: unknown key 'contrct' in an element of 'requires'; did you mean 'contract'?"),
        std::pair("[3]", "an element of 'requires' is an integer; wanted a string or a table"),
        std::pair("[{}]", "names no 'contract' and no 'bundle'"),
        std::pair("[{ contract = \"a@1\" }]", "its version belongs into 'version'"),
        std::pair("[{ bundle = \"a@1\" }]", "its version belongs into 'bundle_version'"),
        std::pair("[{ contract = \"a\", version = \"1.2.3.4\" }]", ":1:41: '1.2.3.4' is no range of versions"),
        std::pair("[{ contract = \"a\", bundle_version = \"1\" }]", "'bundle_version' is given and 'bundle' is not"),
        std::pair("[{ bundle = \"a\", version = \"1\" }]", "'version' is given and 'contract' is not"),
        std::pair("[{ contract = \"a\", optional = 1 }]",
                  "'optional' in an element of 'requires' is an integer; wanted true or false"),
        std::pair("[\"a@1\", \"a@1.0\"]", "twice; the first is in line 1"),
        std::pair("[\"a >=2, <1\"]", "no version satisfies")})
    EXPECT_THAT(parse("requires = " + std::string(text) + "\n"), FailsWith(Code::kInvalid, HasSubstr(said))) << text;
  EXPECT_THAT(parse("host_requires = [{ contract = \"a\", bundle = \"b\" }]\n"),
              FailsWith(Code::kInvalid, HasSubstr("unknown key 'bundle'")));
}

TEST(Manifest, PoliciesAreReadAndTheirShapeIsChecked) {
  const auto manifest =
      parse("priority = -4\nauthor = \"A\"\nlicence = \"MIT\"\ndescription = \"d\"\ncascade = \"atomic\"\n"
            "state = { default = \"keep\", counter = \"reset\" }\nlimits = { memory_bytes = 1000 }\n"
            "permissions = [\"net\", \"acme.audit\"]\n"
            "hooks = [{ name = \"app.save\", priority = 3, on_failure = \"fail_closed\", error_budget = 5 }]\n");
  ASSERT_THAT(manifest, Succeeds());
  EXPECT_EQ(manifest->priority, -4);
  EXPECT_EQ(manifest->cascade, Cascade::kAtomic);
  EXPECT_EQ(manifest->state, StatePolicy::kKeep);
  EXPECT_EQ(manifest->state_of.at("counter"), StatePolicy::kReset);
  EXPECT_EQ(manifest->limits.at("memory_bytes"), 1000u);
  EXPECT_EQ(manifest->hooks[0].on_failure, HookFailure::kFailClosed);
  EXPECT_EQ(list_facts(*manifest).size(), 10u);
  for (const auto &[text, said] :
       {std::pair("cascade = \"always\"", "'cascade' is 'always'; wanted one of 'none', 'atomic' and 'after'"),
        std::pair("state = { x = \"gone\" }", "'x' in 'state' is 'gone'; wanted one of 'migrate', 'keep' and 'reset'"),
        std::pair("state = 3", "'state' is an integer; wanted a string"),
        std::pair("limits = { memory_byte = 1 }", "unknown key 'memory_byte' in 'limits'; did you mean 'memory_bytes'?"),
        std::pair("limits = { threads = 0 }", "'threads' in 'limits' is 0; wanted 1 to"),
        std::pair("limits = 3", "wanted a table"),
        std::pair("limits = { threads = \"a\" }", "'threads' in 'limits' is a string; wanted an integer"),
        std::pair("permissions = [\":x\"]", "':x' is no permission"),
        std::pair("permissions = [\"kv\",\n\"crypt\"]", ":2:1: 'crypt' is no permission; did you mean 'crypto'?"),
        std::pair("permissions = [\"foo\"]", "'foo' is no permission; known are 'libc'"), // and is far from 'fs'
        std::pair("permissions = [\"zzzzzzzz\"]", "known are 'libc', 'fs', "),
        std::pair("permissions = [\"fs:/var\"]", "'fs:/var' is no permission"),
        std::pair("permissions = [\"kv\", \"kv\"]", "'permissions' names 'kv' twice; the first is in line 1"),
        std::pair("priority = 10000000", "'priority' is 10000000; wanted"),
        std::pair("hooks = [1]", "an element of 'hooks' is an integer; wanted a name, or a table"),
        std::pair("hooks = [\"pre_qery\"]", "there is no hook 'pre_qery'; did you mean 'pre_query'?"),
        std::pair("hooks = [\"unheard\"]", "there is no hook 'unheard'; a hook of the host's own has a dot in its name"),
        std::pair("hooks = [{}]", "has no 'name'"), std::pair("hooks = [{ name = \"a b\" }]", "'a b' cannot name a hook"),
        std::pair("hooks = [{ name = \"a.b\" }, { name = \"a.b\" }]", "'hooks' names 'a.b' twice"),
        std::pair("hooks = [{ name = \"a.b\", on_failure = \"fail\" }]", "wanted one of 'fail_open' and 'fail_closed'"),
        std::pair("license = \"MIT\"", "did you mean 'licence'?"),
        std::pair("requires = \"a\"", "'requires' is a string; wanted a list")})
    EXPECT_THAT(parse(std::string(text) + "\n"), FailsWith(Code::kInvalid, HasSubstr(said))) << text;
}

Result<void> check(std::vector<std::string> flags) {
  for (std::size_t index = 0; index < flags.size();) GRAFT_TRY(check_flag(flags, index));
  return {};
}

TEST(Flags, WhatABundleNeedsIsAllowed) {
  for (const std::vector<std::string> &flags : std::vector<std::vector<std::string>>{{"-DX=1"},
                                                                                     {"-D", "X"},
                                                                                     {"-UX"},
                                                                                     {"-Iinclude"},
                                                                                     {"-I", "include"},
                                                                                     {"-isystem", "x"},
                                                                                     {"-include", "x.h"},
                                                                                     {"-O0"},
                                                                                     {"-O3"},
                                                                                     {"-std=c++20"},
                                                                                     {"-Wall"},
                                                                                     {"-Werror=return-type"},
                                                                                     {"-w"},
                                                                                     {"-g"},
                                                                                     {"-fno-exceptions"},
                                                                                     {"-fwrapv"},
                                                                                     {"-ffast-math"},
                                                                                     {"-fvisibility=hidden"},
                                                                                     {"-mavx2"},
                                                                                     {"-march=x86-64-v3"},
                                                                                     {"-mno-sse4"},
                                                                                     {"-pthread"}})
    EXPECT_THAT(check(flags), Succeeds()) << flags[0];
}

TEST(Flags, WhatWritesLoadsOrLinksIsRefused) {
  for (const char *flag : {"-o",
                           "-ofile",
                           "-x",
                           "-xc++",
                           "-fplugin=x.so",
                           "-fpass-plugin=x.so",
                           "-Xclang",
                           "-load",
                           "@file",
                           "-Wl,-rpath",
                           "-Wp,-MD,x",
                           "-Wa,x",
                           "-MD",
                           "-MF",
                           "-c",
                           "-S",
                           "-E",
                           "-save-temps",
                           "-ftime-trace",
                           "-fprofile-generate",
                           "-lm",
                           "-L.",
                           "-shared",
                           "-mllvm",
                           "-mcmodel=large",
                           "-m32",
                           "-gsplit-dwarf",
                           "-fmodules",
                           "-include-pch",
                           "-ffunction-sections",
                           "-target",
                           "--target=arm",
                           "-isysroot",
                           "-B/x",
                           "-fcrash-diagnostics-dir=/x",
                           "main.c",
                           "-",
                           ""})
    EXPECT_EQ(check({flag}).code(), Code::kInvalid) << flag;
  EXPECT_THAT(check({"-I"}), FailsWith(Code::kInvalid, HasSubstr("'-I' wants a value")));
  EXPECT_THAT(check({"-fno-excptions"}), FailsWith(Code::kInvalid, HasSubstr("did you mean '-fno-exceptions'?")));
  EXPECT_THAT(parse("flags = [\"-g\", \"-fplugin=x\"]\n"),
              FailsWith(Code::kInvalid, HasSubstr(":1:16: flag '-fplugin=x' is not allowed: it loads code")));
}

TEST(Manifest, AKeyOfAHundredThousandPartsIsAnErrorAndNoStackOverflow) {
  std::string key = "a";
  for (int i = 0; i < 100'000; ++i) key += ".a";
  EXPECT_THAT(parse(key + " = 1\n"), FailsWith(Code::kInvalid, HasSubstr("at most 65536")));
}

TEST(Flags, RelativeDirectoriesAreTheBundlesOwn) {
  EXPECT_THAT(
      resolve_flags({"-Iinclude", "-I", "../shared", "-isystem", "/usr/x", "-DX=a", "-include", "x.h"}, "/b/greeter"),
      ElementsAre("-I/b/greeter/include", "-I/b/shared", "-isystem", "/usr/x", "-DX=a", "-include", "x.h"));
}

} // namespace
} // namespace graft
