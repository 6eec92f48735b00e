// Writing the code.
#include "instance_code.hpp"

#include <graft/instance.hpp>

#include <cstring>

namespace graft {
namespace {

constexpr std::size_t kEntryBytes = 48;
static_assert(offsetof(detail::InstanceCell, self) == 0, "the code reads the state from where the cell begins");

void write_entry(char *code, const void *target, const void *ended) {
  constexpr char kCode[] = "\x48\x85\xff"     // test rdi, rdi
                           "\x74\x15"         // je ended
                           "\x48\x8b\x3f"     // mov rdi, [rdi]
                           "\x48\x85\xff"     // test rdi, rdi
                           "\x74\x0d"         // je ended
                           "\x49\xbb........" // movabs r11, target
                           "\x41\xff\xe3"     // jmp *r11
                           "\x49\xbb........" // ended: movabs r11, stub
                           "\x41\xff\xe3";    // jmp *r11
  std::memset(code, 0xcc, kEntryBytes);
  std::memcpy(code, kCode, sizeof kCode - 1);
  std::memcpy(code + 15, &target, sizeof target);
  std::memcpy(code + 28, &ended, sizeof ended);
}

} // namespace

std::unique_ptr<InstanceCode> InstanceCode::create(const std::vector<const void *> &targets,
                                                   const std::vector<StubResult> &results, const char *refusal) {
  auto pages = CodePages::create(targets.size() * kEntryBytes, refusal);
  if (pages == nullptr) return nullptr;
  std::vector<const void *> entries = targets;
  for (std::size_t index = 1; index < targets.size(); ++index) {
    if (targets[index] == nullptr) continue;
    const StubResult result = index < results.size() ? results[index] : StubResult::kZero;
    char *entry = pages->begin() + index * kEntryBytes;
    write_entry(entry, targets[index], stub(StubReason::kEnded, result, index));
    entries[index] = entry;
  }
  if (!pages->seal(refusal)) return nullptr;
  return std::unique_ptr<InstanceCode>(new InstanceCode(std::move(pages), std::move(entries)));
}

} // namespace graft
