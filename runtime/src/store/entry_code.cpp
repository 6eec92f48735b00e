// See entry_code.hpp.
#include "entry_code.hpp"

#include <cstring>

namespace graft {
namespace {

constexpr std::size_t kEntryBytes = 24;

void write_entry(char *code, const void *routine, const void *argument) {
  const auto put_address = [](char *at, const void *address) { std::memcpy(at, &address, sizeof address); };
  constexpr char kCode[kEntryBytes + 1] = "\x49\xbb........"  // movabs r11, argument
                                          "\x49\xba........"  // movabs r10, routine
                                          "\x41\xff\xe2\xcc"; // jmp *r10
  std::memcpy(code, kCode, kEntryBytes);
  put_address(code + 2, argument);
  put_address(code + 12, routine);
}

} // namespace

std::unique_ptr<EntryCode> EntryCode::create(const void *routine, const std::vector<const void *> &arguments,
                                             const char *refusal) {
  auto pages = CodePages::create(arguments.size() * kEntryBytes, refusal);
  if (pages == nullptr) return nullptr;
  for (std::size_t index = 0; index < arguments.size(); ++index)
    write_entry(pages->begin() + index * kEntryBytes, routine, arguments[index]);
  if (!pages->seal(refusal)) return nullptr;
  return std::unique_ptr<EntryCode>(new EntryCode(std::move(pages)));
}

const void *EntryCode::entry(std::size_t index) const noexcept { return pages_->begin() + index * kEntryBytes; }

} // namespace graft
