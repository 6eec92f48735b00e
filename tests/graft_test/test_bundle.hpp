// A bundle with tests in a folder of its own, and what `graft test` made of it.
#pragma once

#include "process.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace graft::test {

using nlohmann::json;

/// Its name is "sample". Tests alone are no bundle, so it has a source.
class TestBundle {
 public:
  TestBundle(const std::string &file, const std::string &text) {
    add("code.c", "/* Whatever is tested here is the tests' own. */\n").add(file, text);
  }

  TestBundle &add(const std::string &file, const std::string &text) {
    folder_.write("sample/" + file, text);
    return *this;
  }
  std::string path() const { return folder_ / "sample"; }

  Outcome run(std::vector<std::string> words = {}) const {
    words.insert(words.begin(), {"test", path()});
    return graft(words);
  }
  /// With --json; null when that was none.
  json report(std::vector<std::string> words = {}) const {
    words.emplace_back("--json");
    return json::parse(run(words).out, nullptr, /*allow_exceptions=*/false);
  }

 private:
  TempFolder folder_;
};

/// The verdict of a test of a report; empty when it was not run.
inline std::string verdict(const json &report, const std::string &name) {
  for (const json &test : report.value("tests", json::array()))
    if (test.value("name", "") == name) return test.value("verdict", "");
  return {};
}

/// The first failure of a test of a report; null when it has none.
inline json failure(const json &report, const std::string &name) {
  for (const json &test : report.value("tests", json::array()))
    if (test.value("name", "") == name && test.contains("failures")) return test["failures"][0];
  return {};
}

} // namespace graft::test
