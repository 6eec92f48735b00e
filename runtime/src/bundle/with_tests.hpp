// A bundle that is read together with its tests: which files they are, and what else makes them run (graft/testing.hpp).
#pragma once

#include "bundle_text.hpp"

#include <graft/testing.hpp>

namespace graft {

/// While it lives, bundles that are read from a path on this thread are read with their tests.
///
/// Rationale: a scope, because a load reads on the thread that asks for it, and no other load should have to say that it
/// wants none.
class WithTests {
 public:
  explicit WithTests(const TestBuild &how) : outer_(here_) { here_ = &how; }
  ~WithTests() { here_ = outer_; }
  WithTests(const WithTests &) = delete;
  WithTests &operator=(const WithTests &) = delete;

  /// Null outside of every scope.
  static const TestBuild *asked_here() { return here_; }

 private:
  static thread_local const TestBuild *here_;
  const TestBuild *outer_;
};

/// Adds the tests' files, their driver, and the flags to a bundle that was read from a path.
Result<void> add_tests(BundleText &text, const TestBuild &how);

} // namespace graft
