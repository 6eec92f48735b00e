// What came of tests: for people as GoogleTest has taught them to read it, as JSON, as lcov.
#pragma once

#include "test_words.hpp"

#include <string>
#include <vector>

namespace graft::tool {

/// "greeter/greeter_test.c:7: ", or nothing.
std::string place_of(const TestFailure &failure);
/// "[ RUN ]", failures, output, "[ OK ]", in one piece.
void print_result(const TestResult &result);
/// What could not be tested, the counts, and the failed tests again.
void print_summary(const TestReport &report);
/// Covered lines of each file, and those that are not.
void print_coverage(const Coverage &coverage);
/// The files, with how often each line ran before it.
void print_lines(const Coverage &coverage);

Json json_of(const TestReport &report);
/// A tracefile of lcov.
std::string lcov_of(const Coverage &coverage);

} // namespace graft::tool
