// How a bundle and its tests are compiled: for sanitizers, for coverage; and what these say afterwards.
#pragma once

#include "test_words.hpp"

#include <graft/bound.hpp>
#include <graft/test/record.h>
#include <graft/testing.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace graft::tool {

TestBuild build_of(const TestRequest &request);

/// What the environment of a child needs for its sanitizers, NAME=VALUE. kEnvironment when their runtime is not on this
/// machine.
Result<std::vector<std::string>> environment_of(const TestRequest &request);

/// Which lines of a bundle ran, told bit by bit, so that what is known stays known when a test takes the process with it.
class LineCoverage {
 public:
  explicit LineCoverage(const Bound<graft_tests> &tests);
  /// What is new since it was asked last: {file: {"12": 1}}. The first time all lines that have code are in it, those that did
  /// not run with 0; each is told with 1 once. Headers and the tests' own files are among them.
  Json news();

 private:
  using Line = std::pair<std::string, std::uint32_t>;
  graft_test_coverage blocks_{};
  std::vector<std::vector<Line>> lines_; ///< of each block
  std::vector<bool> told_blocks_;
  std::set<Line> told_lines_; ///< as run
  bool is_first_ = true;
};

} // namespace graft::tool
