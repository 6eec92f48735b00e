// `graft check --sarif`: what code hosts and editors read. The structure is held against the standard's rules that concern
// what we write.
#include "process.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cctype>
#include <set>

namespace graft::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

/// Runs `graft check` on paths in a folder, which is the working directory, too.
class Sarif : public testing::Test {
 protected:
  json check(std::vector<std::string> paths) {
    paths.insert(paths.begin(), {"check", "--sarif", "out.sarif"});
    outcome_ = graft(paths, {{}, {}, folder_.path().string()});
    return json::parse(read(folder_ / "out.sarif"), nullptr, /*allow_exceptions=*/false);
  }
  TempFolder folder_;
  Outcome outcome_;
};

bool is_uri_reference(const std::string &text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (text[i] == '%' && i + 2 < text.size() && std::isxdigit(text[i + 1]) && std::isxdigit(text[i + 2])) continue;
    if (std::isalnum(byte) == 0 && std::string_view("-._~/:").find(text[i]) == std::string_view::npos) return false;
  }
  return !text.empty() && text.find(':') == (text.starts_with("file://") ? 4 : text.npos);
}

void expect_artifact(const json &artifact, const json &run) {
  EXPECT_TRUE(is_uri_reference(artifact.value("uri", ""))) << artifact;
  const bool is_relative = !artifact.value("uri", "").starts_with("file:///");
  EXPECT_EQ(artifact.contains("uriBaseId"), is_relative) << artifact;
  if (is_relative) EXPECT_TRUE(run["originalUriBaseIds"].contains(artifact["uriBaseId"].get<std::string>())) << artifact;
}

void expect_region(const json &region) {
  EXPECT_GE(region.value("startLine", 0), 1) << region;
  EXPECT_GE(region.value("startColumn", 1), 1) << region;
  EXPECT_GE(region.value("endLine", region.value("startLine", 0)), region.value("startLine", 0)) << region;
  if (region.contains("endColumn") && !region.contains("endLine"))
    EXPECT_GT(region["endColumn"].get<int>(), region.value("startColumn", 1)) << region;
}

void expect_location(const json &location, const json &run) {
  const json &place = location["physicalLocation"];
  expect_artifact(place["artifactLocation"], run);
  if (place.contains("region")) expect_region(place["region"]);
}

/// What SARIF 2.1.0 demands of the parts that we write (3.13 to 3.55).
void expect_valid(const json &log) {
  ASSERT_TRUE(log.is_object());
  EXPECT_EQ(log["version"], "2.1.0");
  ASSERT_TRUE(log["runs"].is_array());
  for (const json &run : log["runs"]) {
    EXPECT_FALSE(run["tool"]["driver"].value("name", "").empty());
    for (const auto &[name, base] : run["originalUriBaseIds"].items())
      EXPECT_TRUE(base.value("uri", "").ends_with("/")) << name;
    std::set<std::string> rules;
    for (const json &rule : run["tool"]["driver"]["rules"])
      EXPECT_TRUE(rules.insert(rule.value("id", "")).second) << "each rule once";
    ASSERT_TRUE(run["results"].is_array());
    for (const json &result : run["results"]) {
      EXPECT_FALSE(result["message"].value("text", "").empty());
      EXPECT_THAT(result.value("level", ""), testing::AnyOf("none", "note", "warning", "error"));
      EXPECT_TRUE(rules.contains(result.value("ruleId", ""))) << result;
      for (const json &location : result.value("locations", json::array())) expect_location(location, run);
      for (const json &related : result.value("relatedLocations", json::array())) {
        expect_location(related, run);
        EXPECT_FALSE(related["message"].value("text", "").empty());
      }
      for (const json &fix : result.value("fixes", json::array())) {
        ASSERT_FALSE(fix["artifactChanges"].empty());
        for (const json &change : fix["artifactChanges"]) {
          expect_artifact(change["artifactLocation"], run);
          ASSERT_FALSE(change["replacements"].empty());
          for (const json &replacement : change["replacements"]) expect_region(replacement["deletedRegion"]);
        }
      }
    }
  }
}

std::string uri_of(const json &result) {
  return result["locations"][0]["physicalLocation"]["artifactLocation"].value("uri", "");
}
const json &region_of(const json &result) { return result["locations"][0]["physicalLocation"]["region"]; }

TEST_F(Sarif, HasEachDiagnosticWithItsNotesAndItsFixes) {
  folder_.write("bad.c", "int f(int);\nint g(void) { return f() }\nint *h(void) { return 1.5; }\n");
  const json log = check({"bad.c"});
  expect_valid(log);
  EXPECT_EQ(outcome_.status, 1);
  EXPECT_THAT(outcome_.err, HasSubstr("bad.c:2:24: error:")) << "printed all the same";
  const json &run = log["runs"][0];
  EXPECT_EQ(run["tool"]["driver"]["name"], "graft");
  EXPECT_THAT(run["tool"]["driver"].value("semanticVersion", ""), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  ASSERT_EQ(run["results"].size(), 3u);
  const json &few = run["results"][0], &semicolon = run["results"][1];
  EXPECT_EQ(few["level"], "error");
  EXPECT_THAT(few["message"]["text"].get<std::string>(), HasSubstr("too few arguments"));
  EXPECT_EQ(region_of(few)["startLine"], 2);
  EXPECT_EQ(few["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], 1);
  EXPECT_THAT(few["relatedLocations"][0]["message"].value("text", ""), HasSubstr("declared here"));
  const json &replacement = semicolon["fixes"][0]["artifactChanges"][0]["replacements"][0];
  EXPECT_EQ(replacement["insertedContent"]["text"], ";");
  EXPECT_EQ(replacement["deletedRegion"], (json{{"startLine", 2}, {"startColumn", 25}, {"endLine", 2}, {"endColumn", 25}}));
}

TEST_F(Sarif, NamesFilesBelowTheWorkingDirectoryRelativeToIt) {
  folder_.write("here/bad.c", "int x = ;\n");
  const TempFolder elsewhere;
  const std::string far = elsewhere.write("bad.c", "int x = ;\n");
  const json log = check({"here/bad.c", far});
  expect_valid(log);
  ASSERT_EQ(log["runs"][0]["results"].size(), 2u);
  EXPECT_EQ(uri_of(log["runs"][0]["results"][0]), "here/bad.c");
  EXPECT_EQ(uri_of(log["runs"][0]["results"][1]), "file://" + far);
  EXPECT_EQ(log["runs"][0]["originalUriBaseIds"]["%SRCROOT%"]["uri"], "file://" + folder_.path().string() + "/");
}

TEST_F(Sarif, EscapesWhatIsHardInAPathAndCountsColumnsInCharacters) {
  const std::string file = "gr\xC3\xB6\xC3\x9F"
                           "e/a b:c#d?e%f[g].c";
  folder_.write(file, "/* \xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80 */ int x = y;\n");
  const json log = check({file});
  expect_valid(log);
  ASSERT_EQ(log["runs"][0]["results"].size(), 1u);
  const json &result = log["runs"][0]["results"][0];
  EXPECT_EQ(uri_of(result), "gr%C3%B6%C3%9Fe/a%20b%3Ac%23d%3Fe%25f%5Bg%5D.c");
  EXPECT_EQ(region_of(result)["startColumn"], 19) << "of ä, € and a face each is one";
  EXPECT_EQ(region_of(result)["endColumn"], 20);
}

TEST_F(Sarif, HasManyFilesInOneRunAndWhatTheyShareOnce) {
  folder_.write("shared.h", "static inline int shared(void) { return missing; }\n");
  std::vector<std::string> paths;
  for (int i = 0; i < 5; ++i) {
    const std::string name = "bundle" + std::to_string(i) + "/code.c";
    folder_.write(name, "#include \"../shared.h\"\n");
    paths.push_back(name);
  }
  paths.push_back("none.c");
  const json log = check(paths);
  expect_valid(log);
  ASSERT_EQ(log["runs"].size(), 1u);
  ASSERT_EQ(log["runs"][0]["results"].size(), 2u) << log;
  EXPECT_EQ(uri_of(log["runs"][0]["results"][0]), "shared.h");
  EXPECT_THAT(log["runs"][0]["results"].back()["message"].value("text", ""), HasSubstr("there is no 'none.c'"));
}

TEST_F(Sarif, AFixOfSeveralPlacesIsOneFix) {
  folder_.write(
      "bad.c",
      "#include <graft/abi.h>\nint f(int a, int b);\nint f(int a, int b) {\n  if (a = b)\n    return 1;\n  return 0;\n}\n"
      "graft_status graft_init(const graft_host *host, const graft_init_context *context) { return host && context ? 0 : 1; "
      "}\n");
  const json log = check({"bad.c"});
  expect_valid(log);
  EXPECT_EQ(outcome_.status, 0) << outcome_.err;
  for (const json &result : log["runs"][0]["results"]) {
    if (result["ruleId"] != "-Wparentheses") continue;
    EXPECT_EQ(result["level"], "warning");
    return;
  }
  FAIL() << log;
}

TEST_F(Sarif, IsEmptyWhenAllIsWell) {
  const json log = check({std::string(GRAFT_SOURCE_DIR) + "/plugins_src/greeter"});
  expect_valid(log);
  EXPECT_EQ(log["runs"][0]["results"], json::array());
}

TEST_F(Sarif, HasEachUseThatAListOfPermissionsLeavesOut) {
  folder_.write("closed/graft.toml", "name = \"closed\"\npermissions = []\n");
  folder_.write("closed/code.c", "#include <graft/abi.h>\n#include <stdlib.h>\n#include <stdio.h>\n"
                                "graft_status graft_init(const graft_host *host, const graft_init_context *context) {\n"
                                "  if (host == 0 || context == 0) return GRAFT_INVALID;\n  puts(\"a\");\n"
                                "  return getenv(\"B\") != 0;\n}\n");
  const json log = check({"closed"});
  expect_valid(log);
  ASSERT_EQ(log["runs"][0]["results"].size(), 2u) << log;
  for (const json &result : log["runs"][0]["results"]) {
    EXPECT_EQ(result["ruleId"], "refused");
    EXPECT_EQ(uri_of(result), "closed/code.c");
    EXPECT_THAT(result["message"].value("text", ""), HasSubstr(region_of(result)["startLine"] == 6 ? "'io_console'" : "'env'"));
  }
}

TEST_F(Sarif, GoesToStandardOutputForADash) {
  const Outcome outcome = graft({"check", "--sarif", "-", "/nowhere", std::string(GRAFT_SOURCE_DIR) + "/plugins_src/greeter"});
  const json log = json::parse(outcome.out, nullptr, /*allow_exceptions=*/false);
  ASSERT_FALSE(log.is_discarded()) << outcome.out;
  EXPECT_EQ(log["runs"][0]["results"][0]["ruleId"], "not-found");
  EXPECT_THAT(outcome.err, HasSubstr("greeter: ok"));
}

TEST_F(Sarif, AFileThatCannotBeWrittenIsAFailure) {
  const Outcome outcome =
      graft({"check", "--sarif", "/nowhere/out.sarif", std::string(GRAFT_SOURCE_DIR) + "/plugins_src/greeter"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("cannot write '/nowhere/out.sarif'"));
}

} // namespace
} // namespace graft::test
