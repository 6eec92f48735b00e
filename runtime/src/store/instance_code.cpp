// Writing the code.
#include "instance_code.hpp"

#include <graft/instance.hpp>

#include <sys/mman.h>

#include <cstring>

namespace graft {
namespace {

constexpr std::size_t kEntryBytes = 48;
static_assert(offsetof(detail::InstanceCell, self) == 0, "the code reads the state from where the cell begins");

void write_entry(char *code, const void *target, const void *ended) {
  constexpr char kCode[] = "\x48\x8b\x3f"     // mov rdi, [rdi]
                           "\x48\x85\xff"     // test rdi, rdi
                           "\x74\x0d"         // je ended
                           "\x49\xbb........" // movabs r11, target
                           "\x41\xff\xe3"     // jmp *r11
                           "\x49\xbb........" // ended: movabs r11, stub
                           "\x41\xff\xe3";    // jmp *r11
  std::memset(code, 0xcc, kEntryBytes);
  std::memcpy(code, kCode, sizeof kCode - 1);
  std::memcpy(code + 10, &target, sizeof target);
  std::memcpy(code + 23, &ended, sizeof ended);
}

} // namespace

std::unique_ptr<InstanceCode> InstanceCode::create(const std::vector<const void *> &targets,
                                                   const std::vector<StubResult> &results) {
  std::unique_ptr<InstanceCode> made(new InstanceCode);
  const std::size_t bytes = targets.size() * kEntryBytes;
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  made->code_ = static_cast<char *>(memory);
  made->bytes_ = bytes;
  made->entries_ = targets;
  for (std::size_t index = 1; index < targets.size(); ++index) {
    if (targets[index] == nullptr) continue;
    const StubResult result = index < results.size() ? results[index] : StubResult::kZero;
    char *entry = made->code_ + index * kEntryBytes;
    write_entry(entry, targets[index], stub(StubReason::kEnded, result, index));
    made->entries_[index] = entry;
  }
  if (mprotect(memory, bytes, PROT_READ | PROT_EXEC) != 0) return nullptr;
  return made;
}

InstanceCode::~InstanceCode() {
  if (code_ != nullptr) munmap(code_, bytes_);
}

} // namespace graft
