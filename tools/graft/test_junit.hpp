// What came of tests as the XML that JUnit writes and CI servers read.
#pragma once

#include "test_words.hpp"

#include <string>

namespace graft::tool {

/// A suite a bundle, valid against the schema of Jenkins (junit-10.xsd of its xunit plugin): so the line of a test is in the
/// words of its failure, and in no attribute. What XML cannot hold - control characters, bytes that are no UTF-8 - is replaced.
std::string junit_of(const TestReport &report);

} // namespace graft::tool
