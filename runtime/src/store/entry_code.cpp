// See entry_code.hpp.
#include "entry_code.hpp"

#include <graft/base/fault.hpp>

#include <sys/mman.h>

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
  constexpr std::size_t kPage = 4096;
  const std::size_t bytes = (arguments.size() * kEntryBytes / kPage + 1) * kPage;
  void *memory = fault::at(refusal) ? MAP_FAILED : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  std::unique_ptr<EntryCode> code(new EntryCode(static_cast<char *>(memory), bytes));
  for (std::size_t index = 0; index < arguments.size(); ++index)
    write_entry(code->code_ + index * kEntryBytes, routine, arguments[index]);
  if (fault::at(refusal) || mprotect(memory, bytes, PROT_READ | PROT_EXEC) != 0) return nullptr;
  return code;
}

EntryCode::~EntryCode() { munmap(code_, bytes_); }

const void *EntryCode::entry(std::size_t index) const noexcept { return code_ + index * kEntryBytes; }

} // namespace graft
