// The one thunk that all foreign functions share; foreign_calls.hpp says what it promises. Alone in its file, because a
// compiler that meets exceptions elsewhere in it makes the reference to the personality function once more.
//
// r11 is the address of the Entry: the function, then its ThunkDescription. The frame holds a copy of the stack's arguments,
// and above it r11 and the exception. The tables are those that a compiler makes for `try { call } catch (...) {}`.
asm(R"(
.text
.balign 16
.globl graft_foreign_call
.hidden graft_foreign_call
.type graft_foreign_call, @function
graft_foreign_call:
.Lgraft_foreign_start:
  .cfi_startproc
  .cfi_personality 0x9b, DW.ref.__gxx_personality_v0
  .cfi_lsda 0x1b, .Lgraft_foreign_table
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  subq $272, %rsp
  movq %r11, -8(%rbp)
  .set .Lgraft_at, 0
  .rept 16
  movups .Lgraft_at+16(%rbp), %xmm15
  movups %xmm15, .Lgraft_at(%rsp)
  .set .Lgraft_at, .Lgraft_at+16
  .endr
.Lgraft_foreign_call_begin:
  callq *(%r11)
.Lgraft_foreign_call_end:
  leave
  .cfi_remember_state
  .cfi_def_cfa %rsp, 8
  ret
  .cfi_restore_state
.Lgraft_foreign_caught:
  movq %rax, -16(%rbp)
  movq %rax, %rdi
  callq graft_thunk_is_forced
  testl %eax, %eax
  jne .Lgraft_foreign_forced
  movq -16(%rbp), %rdi
  movq -8(%rbp), %rsi
  addq $8, %rsi
  callq graft_thunk_caught
  movq -8(%rbp), %rcx
  xorl %edx, %edx
  cmpl %edx, 24(%rcx)
  cmovel %edx, %eax
  xorps %xmm0, %xmm0
  xorps %xmm1, %xmm1
  leave
  .cfi_remember_state
  .cfi_def_cfa %rsp, 8
  ret
  .cfi_restore_state
.Lgraft_foreign_forced:
  movq -16(%rbp), %rdi
  callq _Unwind_Resume@PLT
  ud2
.Lgraft_foreign_end:
  .cfi_endproc
  .size graft_foreign_call, .Lgraft_foreign_end-graft_foreign_call

.section .gcc_except_table,"a",@progbits
.p2align 2
.Lgraft_foreign_table:
  .byte 0xff, 0x9b
  .uleb128 .Lgraft_foreign_types-.Lgraft_foreign_rest
.Lgraft_foreign_rest:
  .byte 0x01
  .uleb128 .Lgraft_foreign_sites_end-.Lgraft_foreign_sites
.Lgraft_foreign_sites:
  .uleb128 .Lgraft_foreign_call_begin-.Lgraft_foreign_start
  .uleb128 .Lgraft_foreign_call_end-.Lgraft_foreign_call_begin
  .uleb128 .Lgraft_foreign_caught-.Lgraft_foreign_start
  .byte 1
  .uleb128 .Lgraft_foreign_call_end-.Lgraft_foreign_start
  .uleb128 .Lgraft_foreign_end-.Lgraft_foreign_call_end
  .byte 0, 0
.Lgraft_foreign_sites_end:
  .byte 1, 0
  .p2align 2
  .long 0
.Lgraft_foreign_types:

.section .data.DW.ref.__gxx_personality_v0,"awG",@progbits,DW.ref.__gxx_personality_v0,comdat
.hidden DW.ref.__gxx_personality_v0
.weak DW.ref.__gxx_personality_v0
.p2align 3
.type DW.ref.__gxx_personality_v0, @object
.size DW.ref.__gxx_personality_v0, 8
DW.ref.__gxx_personality_v0:
  .quad __gxx_personality_v0
.text
)");
