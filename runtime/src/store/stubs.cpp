// The stubs: six families of 1,024, sixteen bytes each, that push their index and jump to one body per family.
#include "stubs.hpp"

#include "table.hpp"

#include <graft/bound.hpp>

// Each family is `graft_stubs_<reason><result>`; its body calls graft_stub_report(index, reason), which leaves the error on the thread
// and returns the code. At a stub's first instruction rsp is 8 below a multiple of 16; the push and pop keep it there.
asm(R"(
.text
.macro graft_stub_family reason, result
  .balign 16
  graft_stub_body_\reason\result:
    .cfi_startproc
    .cfi_def_cfa_offset 16
    popq %rdi
    .cfi_def_cfa_offset 8
    movl $\reason, %esi
    subq $8, %rsp
    .cfi_def_cfa_offset 16
    callq graft_stub_report
    addq $8, %rsp
    .cfi_def_cfa_offset 8
    .if \result == 0
      xorl %eax, %eax
    .endif
    xorl %edx, %edx
    xorps %xmm0, %xmm0
    xorps %xmm1, %xmm1
    retq
    .cfi_endproc
  .balign 16
  graft_stubs_\reason\result:
  .set graft_index, 0
  .rept 1024
    .balign 16
    .cfi_startproc
    pushq $graft_index
    .cfi_def_cfa_offset 16
    jmp graft_stub_body_\reason\result
    .cfi_endproc
    .set graft_index, graft_index + 1
  .endr
.endm
.balign 16
graft_stubs_begin:
graft_stub_family 0, 0
graft_stub_family 0, 1
graft_stub_family 1, 0
graft_stub_family 1, 1
graft_stub_family 2, 0
graft_stub_family 2, 1
graft_stubs_end:
)");

extern "C" {
extern const char graft_stubs_begin[] __attribute__((visibility("hidden")));
extern const char graft_stubs_end[] __attribute__((visibility("hidden")));
extern const char graft_stubs_00[] __attribute__((visibility("hidden")));
extern const char graft_stubs_01[] __attribute__((visibility("hidden")));
extern const char graft_stubs_10[] __attribute__((visibility("hidden")));
extern const char graft_stubs_11[] __attribute__((visibility("hidden")));
extern const char graft_stubs_20[] __attribute__((visibility("hidden")));
extern const char graft_stubs_21[] __attribute__((visibility("hidden")));

__attribute__((visibility("hidden"), used)) graft_status graft_stub_report(std::uint32_t index, std::uint32_t reason) {
  return graft::report_stub(index, static_cast<graft::StubReason>(reason));
}
}

namespace graft {

const void *stub(StubReason reason, StubResult result, std::size_t index) noexcept {
  static constexpr std::size_t kStubBytes = 16;
  const char *const families[3][2] = {
      {graft_stubs_00, graft_stubs_01}, {graft_stubs_10, graft_stubs_11}, {graft_stubs_20, graft_stubs_21}};
  return families[static_cast<std::size_t>(reason)][static_cast<std::size_t>(result)] + index * kStubBytes;
}

bool is_stub_address(const void *function) noexcept { return function >= graft_stubs_begin && function < graft_stubs_end; }

} // namespace graft
