// Pages with machine code that the runtime writes byte by byte: first written, then run, never both at a time.
#pragma once

#include <cstddef>
#include <memory>

namespace graft {

/// Owns: the pages. Immutable once sealed.
class CodePages {
 public:
  /// Room for `bytes`, writable and all zero. Null when the kernel gives none, which the caller reports in words that begin
  /// with `refusal`; the same holds for `seal`.
  static std::unique_ptr<CodePages> create(std::size_t bytes, const char *refusal);
  ~CodePages();
  CodePages(const CodePages &) = delete;

  char *begin() const noexcept { return begin_; }
  /// From here on what is in them can be run, and not written any more. False when the kernel refuses.
  bool seal(const char *refusal) const noexcept;

 private:
  CodePages(char *begin, std::size_t bytes) : begin_(begin), bytes_(bytes) {}

  char *const begin_;
  const std::size_t bytes_;
};

} // namespace graft
