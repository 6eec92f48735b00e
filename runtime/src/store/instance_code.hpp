// The code between a caller that names an instance and a function that takes its state: `self` comes in as the address of an
// InstanceCell, and goes on as what the cell holds then. Read behind the gate, so that a call that waited there meets the
// new state.
#pragma once

#include "stubs.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace graft {

/// Machine code for the functions of one provider. Of an instance that ended, the stub that says so is called instead.
class InstanceCode {
 public:
  /// `targets[0]` makes instances and is left alone, and so are those that are null. Null when the kernel gives no memory
  /// for code.
  static std::unique_ptr<InstanceCode> create(const std::vector<const void *> &targets,
                                              const std::vector<StubResult> &results);
  ~InstanceCode();
  InstanceCode(const InstanceCode &) = delete;

  /// What a table holds for `targets`.
  const std::vector<const void *> &entries() const noexcept { return entries_; }

 private:
  InstanceCode() = default;

  std::vector<const void *> entries_;
  char *code_ = nullptr;
  std::size_t bytes_ = 0;
};

} // namespace graft
