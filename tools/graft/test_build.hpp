// How a bundle and its tests are compiled: for sanitizers, for coverage; and what these say afterwards.
#pragma once

#include "test_words.hpp"

#include <graft/bound.hpp>
#include <graft/test/record.h>
#include <graft/testing.hpp>

#include <optional>
#include <string>
#include <vector>

namespace graft::tool {

TestBuild build_of(const TestRequest &request);

/// What the environment of a child needs for its sanitizers, NAME=VALUE. kEnvironment when their runtime is not on this
/// machine.
Result<std::vector<std::string>> environment_of(const TestRequest &request);

/// Which lines of the bundle have code, and how often each was entered: {file: {"12": 1}}. The tests' own files are left
/// out.
Json covered_lines(const Bound<graft_tests> &tests);

} // namespace graft::tool
