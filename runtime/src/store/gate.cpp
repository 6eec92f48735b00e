// Waiting at a gate, and the code that leads there.
#include "gate.hpp"

#include "table.hpp"
#include "threads.hpp"

#include <algorithm>

// r11 is the address of the GateCall. All argument registers are as the caller left them, and are again when the
// function is entered; its frame is gone by then, so that arguments on the stack are where they should be.
asm(R"(
.text
.balign 16
graft_gate_enter:
  .cfi_startproc
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  subq $192, %rsp
  movq %rdi, (%rsp)
  movq %rsi, 8(%rsp)
  movq %rdx, 16(%rsp)
  movq %rcx, 24(%rsp)
  movq %r8, 32(%rsp)
  movq %r9, 40(%rsp)
  movq %rax, 48(%rsp)
  movups %xmm0, 64(%rsp)
  movups %xmm1, 80(%rsp)
  movups %xmm2, 96(%rsp)
  movups %xmm3, 112(%rsp)
  movups %xmm4, 128(%rsp)
  movups %xmm5, 144(%rsp)
  movups %xmm6, 160(%rsp)
  movups %xmm7, 176(%rsp)
  movq %r11, %rdi
  callq graft_gate_target
  movq %rax, %r11
  movq (%rsp), %rdi
  movq 8(%rsp), %rsi
  movq 16(%rsp), %rdx
  movq 24(%rsp), %rcx
  movq 32(%rsp), %r8
  movq 40(%rsp), %r9
  movq 48(%rsp), %rax
  movups 64(%rsp), %xmm0
  movups 80(%rsp), %xmm1
  movups 96(%rsp), %xmm2
  movups 112(%rsp), %xmm3
  movups 128(%rsp), %xmm4
  movups 144(%rsp), %xmm5
  movups 160(%rsp), %xmm6
  movups 176(%rsp), %xmm7
  leave
  .cfi_def_cfa %rsp, 8
  jmp *%r11
  .cfi_endproc
)");

extern "C" {
extern const char graft_gate_enter[] __attribute__((visibility("hidden")));

__attribute__((visibility("hidden"), used)) const void *graft_gate_target(const graft::GateCall *call) noexcept {
  return graft::Table::target_of(*call);
}
}

namespace graft {

bool Gate::await() const noexcept {
  if (is_open()) return true;
  if (is_owner() || pins_any(old_)) return false;
  while (!is_open()) open_.wait(0, std::memory_order_acquire); // a futex: no point where a thread is cancelled
  return true;
}

std::unique_ptr<GateCode> GateCode::create(const Table &table, std::size_t count) {
  std::vector<GateCall> calls;
  for (std::size_t index = 0; index < count; ++index) calls.push_back({&table, index});
  std::unique_ptr<GateCode> gate(new GateCode(std::move(calls)));
  std::vector<const void *> arguments;
  for (const GateCall &call : gate->calls_) arguments.push_back(&call);
  gate->code_ = EntryCode::create(graft_gate_enter, arguments, "there is no memory for the gate");
  if (gate->code_ == nullptr) return nullptr;
  return gate;
}

} // namespace graft
