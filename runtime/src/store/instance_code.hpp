// The code between a caller that names an instance and a function that takes its state: `self` comes in as the address of an
// InstanceCell, and goes on as what the cell holds then. Read behind the gate, so that a call that waited there meets the
// new state.
#pragma once

#include "code_pages.hpp"
#include "stubs.hpp"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace graft {

/// Machine code for the functions of one provider. Of an instance that ended, and of a null `self`, the stub that says so is called
/// instead.
class InstanceCode {
 public:
  /// `targets[0]` makes instances and is left alone, and so are those that are null. Null when the kernel gives no memory
  /// for code, which the caller reports in words that begin with `refusal`.
  static std::unique_ptr<InstanceCode> create(const std::vector<const void *> &targets,
                                              const std::vector<StubResult> &results, const char *refusal);

  /// What a table holds for `targets`.
  const std::vector<const void *> &entries() const noexcept { return entries_; }

 private:
  InstanceCode(std::unique_ptr<CodePages> pages, std::vector<const void *> entries)
      : pages_(std::move(pages)), entries_(std::move(entries)) {}

  const std::unique_ptr<CodePages> pages_;
  const std::vector<const void *> entries_;
};

} // namespace graft
