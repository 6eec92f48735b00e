// Waiting at a gate, and the code that leads there.
#include "gate.hpp"

#include "table.hpp"
#include "threads.hpp"

#include <algorithm>

// r11 is the address of the GateCall. All argument registers are as the caller left them, and are again when the function is entered;
// its frame is gone by then, so that arguments on the stack are where they should be. One way in for each width of vector registers:
// `move` and `register` name the widest that the processor has, `bytes` is its size.
asm(R"(
.text
.macro graft_gate_enter width, move, register, bytes
.balign 16
graft_gate_enter_\width:
  .cfi_startproc
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  subq $(64 + 8 * \bytes), %rsp
  movq %rdi, (%rsp)
  movq %rsi, 8(%rsp)
  movq %rdx, 16(%rsp)
  movq %rcx, 24(%rsp)
  movq %r8, 32(%rsp)
  movq %r9, 40(%rsp)
  movq %rax, 48(%rsp)
  .irp number, 0, 1, 2, 3, 4, 5, 6, 7
    \move %\register\number, (64 + \number * \bytes)(%rsp)
  .endr
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
  .irp number, 0, 1, 2, 3, 4, 5, 6, 7
    \move (64 + \number * \bytes)(%rsp), %\register\number
  .endr
  leave
  .cfi_def_cfa %rsp, 8
  jmp *%r11
  .cfi_endproc
.endm
graft_gate_enter 16, movups, xmm, 16
graft_gate_enter 32, vmovups, ymm, 32
graft_gate_enter 64, vmovups, zmm, 64
)");

extern "C" {
extern const char graft_gate_enter_16[] __attribute__((visibility("hidden")));
extern const char graft_gate_enter_32[] __attribute__((visibility("hidden")));
extern const char graft_gate_enter_64[] __attribute__((visibility("hidden")));

__attribute__((visibility("hidden"), used)) const void *graft_gate_target(const graft::GateCall *call) noexcept {
  return graft::Table::target_of(*call);
}
}

namespace graft {
namespace {

const void *way_in() {
  if (__builtin_cpu_supports("avx512f")) return graft_gate_enter_64;
  return __builtin_cpu_supports("avx") ? graft_gate_enter_32 : graft_gate_enter_16;
}

} // namespace

bool Gate::await() const noexcept {
  if (is_open()) return true;
  if (passes()) return false;
  while (!is_open()) open_.wait(0, std::memory_order_acquire); // a futex: no point where a thread is cancelled
  return true;
}

bool Gate::passes() const noexcept { return is_owner() || pins_any(old_); }

std::unique_ptr<GateCode> GateCode::create(const Table &table, std::size_t count) {
  std::vector<GateCall> calls;
  for (std::size_t index = 0; index < count; ++index) calls.push_back({&table, index});
  std::unique_ptr<GateCode> gate(new GateCode(std::move(calls)));
  std::vector<const void *> arguments;
  for (const GateCall &call : gate->calls_) arguments.push_back(&call);
  gate->code_ = EntryCode::create(way_in(), arguments, "there is no memory for the gate");
  if (gate->code_ == nullptr) return nullptr;
  return gate;
}

} // namespace graft
