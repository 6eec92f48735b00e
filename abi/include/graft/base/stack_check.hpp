// How compiled code and the linker agree on checks of the stack (decision 0030). In each function that may run out of it
// compiler_driver puts
//
//     if (stack pointer < the word at %fs:kStackLimitWord) call kStackCheck(0)
//
// and in the thunk before it, which returns a status, the same with kStackQuestion. The linker defines both, with the
// calling convention `preserve_most`:
//
//     void graft.stack_check(uint64_t bytes);     throws StackOverflow, unless it was a false alarm
//     int32_t graft.stack_question(uint64_t bytes);   1: the stack is spent
//
// A function in which an exception may meet the end of the process has kNoexceptMark right before its first instruction.
//
// `bytes`: what the caller is about to take of the stack beyond what it has.
#pragma once

#include <cstdint>
#include <string_view>

namespace graft {

inline constexpr unsigned kStackLimitWord = 0x70; ///< of the thread control block, in the C library for x86-64
inline constexpr const char *kStackCheck = "graft.stack_check";
inline constexpr const char *kStackQuestion = "graft.stack_question";
inline constexpr std::uint64_t kNoexceptMark = 0x9d1f'6e6f'2d74'6872; ///< no code begins behind such bytes by chance

/// Whether a symbol is none that anybody wrote or could miss.
inline bool is_stack_symbol(std::string_view name) { return name == kStackCheck || name == kStackQuestion; }

} // namespace graft
