// Machine code for the entries of a table whose callee must know which entry was called: each loads a pointer and jumps.
#pragma once

#include "code_pages.hpp"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace graft {

/// Immutable once made.
class EntryCode {
 public:
  /// Entry k jumps to `routine` with `arguments[k]` in r11; all other registers and the stack are the caller's. Null when
  /// the kernel gives no memory for code, which the caller reports in words that begin with `refusal`.
  static std::unique_ptr<EntryCode> create(const void *routine, const std::vector<const void *> &arguments, const char *refusal);

  const void *entry(std::size_t index) const noexcept;

 private:
  explicit EntryCode(std::unique_ptr<CodePages> pages) : pages_(std::move(pages)) {}

  const std::unique_ptr<CodePages> pages_;
};

} // namespace graft
