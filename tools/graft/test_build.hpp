// How a bundle and its tests are compiled: for sanitizers, for coverage; and what these say afterwards.
#pragma once

#include "test_words.hpp"

#include <graft/bound.hpp>
#include <graft/test/record.h>
#include <graft/testing.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace graft::tool {

TestBuild build_of(const TestRequest &request);

/// What the environment of a child needs for its sanitizers, NAME=VALUE. kEnvironment when their runtime is not on this
/// machine.
Result<std::vector<std::string>> environment_of(const TestRequest &request);

/// How often the lines of a bundle ran, told bit by bit, so that what is known stays known when a test ends its process.
///
/// A line counts as often as the most of its blocks in a function: the head of a loop as often as it was asked. Functions
/// that begin in the same line, as the instantiations of a template do, add up; a lambda and the function around it do not.
class LineCoverage {
 public:
  explicit LineCoverage(const Bound<graft_tests> &tests);
  /// What is new since it was asked last: {file: {"12": 3}}, to be added. The first time all lines that have code are in it,
  /// those that did not run with 0. Headers and the tests' own files are among them.
  Json news();

 private:
  using Line = std::pair<std::string, std::uint32_t>;
  struct Block {
    std::uintptr_t begin = 0;
    bool is_entry = false;
    std::size_t function = 0; ///< the number of its function
    std::size_t place = 0;    ///< of that: the same for functions that begin in the same line
    std::vector<std::size_t> lines{};
  };
  std::vector<std::uint64_t> count_blocks() const;
  std::vector<std::uint64_t> count_lines() const;

  graft_test_coverage table_{};
  std::vector<Block> blocks_; ///< by address, so that those of a function stand together
  std::vector<Line> lines_;
  std::vector<std::uint64_t> told_; ///< of each line
  bool is_first_ = true;
};

} // namespace graft::tool
