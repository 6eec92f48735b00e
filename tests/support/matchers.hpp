// Matchers for results: tests match on the code and on a part of the sentence.
#pragma once

#include <gmock/gmock.h>
#include <graft/base/result.hpp>

namespace graft::test {

/// EXPECT_THAT(runtime.load(p), FailsWith(Code::kIncompatible, HasSubstr("2.1")))
MATCHER_P2(FailsWith, code, sentence, "") {
  if (arg.has_value()) {
    *result_listener << "which succeeded";
    return false;
  }
  *result_listener << to_string(arg.error().code) << ": " << arg.error().text() << "\n" << render(arg.error().diagnostics);
  const std::string text = arg.error().text() + "\n" + render(arg.error().diagnostics);
  return testing::ExplainMatchResult(code, arg.error().code, result_listener) &&
         testing::ExplainMatchResult(sentence, text, result_listener);
}

MATCHER(Succeeds, "") {
  if (arg.has_value()) return true;
  *result_listener << to_string(arg.error().code) << ": " << arg.error().text() << "\n" << render(arg.error().diagnostics);
  return false;
}

}  // namespace graft::test
