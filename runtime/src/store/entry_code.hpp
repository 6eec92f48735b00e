// Machine code for the entries of a table whose callee must know which entry was called: each loads a pointer and jumps.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace graft {

/// Owns: the pages. Immutable once made.
class EntryCode {
 public:
  /// Entry k jumps to `routine` with `arguments[k]` in r11; all other registers and the stack are the caller's. Null when
  /// the kernel gives no memory for code, which the caller reports in words that begin with `refusal`.
  static std::unique_ptr<EntryCode> create(const void *routine, const std::vector<const void *> &arguments, const char *refusal);
  ~EntryCode();
  EntryCode(const EntryCode &) = delete;

  const void *entry(std::size_t index) const noexcept;

 private:
  EntryCode(char *code, std::size_t bytes) : code_(code), bytes_(bytes) {}

  char *const code_;
  const std::size_t bytes_;
};

} // namespace graft
