// The code of a check in one function: where it stands, what it compares, and what it keeps of a frame until it is asked.
#pragma once

namespace llvm {
class CallInst;
class Function;
} // namespace llvm

namespace graft::driver {

class StackUsers;

/// Puts checks into a function that is checked itself.
void check_function(llvm::Function &function, const StackUsers &users);
/// Puts one in the place of a question that a thunk asked, in whatever function it is now.
void answer_question(llvm::CallInst &question, const StackUsers &users);

} // namespace graft::driver
