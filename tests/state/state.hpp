// A bundle that answers test.number with an expression over its state, and the runtime that it is reloaded in.
#pragma once

#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <optional>
#include <string>

namespace graft::test {

/// A bundle of one file that answers `expression`.
inline std::string answering(const std::string &declarations, const std::string &expression) {
  return kNumberContract + declarations + "\nstatic int32_t answer(void) { return " + expression +
         "; }\nGRAFT_PROVIDE(number, {.number = answer})\n";
}

/// Calls test.number in `bundle` and reloads it.
class State : public testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(runtime, Succeeds()); }

  void load(const MemoryBundle &bundle) {
    ASSERT_THAT(runtime->load(bundle), Succeeds());
    auto resolved = runtime->bind<test_number>();
    ASSERT_THAT(resolved, Succeeds());
    bound.emplace(*std::move(resolved));
  }
  int call() { return (*bound)->number(); }

  Result<std::unique_ptr<Runtime>> runtime = Runtime::create();
  std::optional<Bound<test_number>> bound;
};

inline MemoryBundle c_text(const std::string &declarations, const std::string &expression) {
  return text("b", answering(declarations, expression), "main.c");
}

inline MemoryBundle cxx_text(const std::string &declarations, const std::string &expression) {
  return text("b", answering(declarations, expression), "main.cpp");
}

} // namespace graft::test
