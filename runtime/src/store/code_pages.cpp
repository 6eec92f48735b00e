// See code_pages.hpp.
#include "code_pages.hpp"

#include <graft/base/fault.hpp>

#include <sys/mman.h>

namespace graft {

std::unique_ptr<CodePages> CodePages::create(std::size_t bytes, const char *refusal) {
  constexpr std::size_t kPage = 4096;
  bytes = (bytes / kPage + 1) * kPage;
  void *memory =
      fault::at(refusal) ? MAP_FAILED : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  return std::unique_ptr<CodePages>(new CodePages(static_cast<char *>(memory), bytes));
}

CodePages::~CodePages() { munmap(begin_, bytes_); }

bool CodePages::seal(const char *refusal) const noexcept {
  return !fault::at(refusal) && mprotect(begin_, bytes_, PROT_READ | PROT_EXEC) == 0;
}

} // namespace graft
