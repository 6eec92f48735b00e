// `graft.toml`: what is read, and what is said about what is wrong in it.
#include "bundle/flags.hpp"
#include "bundle/manifest.hpp"
#include "bundle/version.hpp"
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
  EXPECT_THAT(parse("zzzzzzzzz = 1\n"), FailsWith(Code::kInvalid, HasSubstr("known are name, version")));
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

TEST(Version, SemverIsReadToTheLetter) {
  for (const char *good :
       {"0.0.0", "1.2.3", "1.0.0-alpha", "1.0.0-0.3.7", "1.0.0-x-y.z", "1.0.0+001", "10.20.30-rc.1+5114f85"})
    EXPECT_TRUE(parse_version(good)) << good;
  for (const char *bad : {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.02.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+",
                          "1.2.3-a_b", "v1.2.3", " 1.2.3", "1.2.99999999999", "1.-2.3"})
    EXPECT_FALSE(parse_version(bad)) << bad;
}

TEST(ContractRef, NameMajorAndMinor) {
  EXPECT_EQ(to_string(*parse_contract_ref("demo.greeter@1")), "demo.greeter@1.0");
  EXPECT_EQ(to_string(*parse_contract_ref("a@65535.65535")), "a@65535.65535");
  for (const char *bad : {"", "a", "@1", "a@", "a@1.", "a@.1", "a@x", "a@65536", "a@1.2.3", "a b@1", "a@-1", "a@01"})
    EXPECT_FALSE(parse_contract_ref(bad)) << bad;
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
