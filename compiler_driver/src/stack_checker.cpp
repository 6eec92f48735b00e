// See stack_checker.hpp. A check reads the stack pointer behind the prologue, so that the frame is counted; what a frame has
// of large variables is taken only behind the check, by making them variables of a size that is not known at compile time,
// and so is checked what `alloca` and arrays of variable length take.
#include "stack_checker.hpp"

#include "stack_checks.hpp"
#include "stack_users.hpp"

#include <graft/base/stack_check.hpp>

#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

namespace graft::driver {
namespace {

/// The segment of %fs to the code generator.
constexpr unsigned kFs = 257;

/// A frame beyond this is taken in two steps: its large variables behind the check.
constexpr std::uint64_t kLargeFrame = 16 * 1024;
constexpr std::uint64_t kLargeVariable = 2 * 1024;

bool has_landing_pads(const llvm::Function &function) {
  return llvm::any_of(function, [](const llvm::BasicBlock &block) { return block.isEHPad(); });
}

/// The bytes that calls pass on the stack, where that is much.
std::uint64_t largest_argument(const llvm::Function &function) {
  std::uint64_t most = 0;
  for (const llvm::Instruction &instruction : llvm::instructions(function))
    if (const auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction))
      for (unsigned i = 0; i < call->arg_size(); ++i)
        if (llvm::Type *type = call->isByValArgument(i) ? call->getParamByValType(i) : nullptr)
          most = std::max<std::uint64_t>(most, function.getDataLayout().getTypeAllocSize(type));
  return most > kLargeVariable ? most : 0;
}

/// Puts checks into one function.
class Checker {
 public:
  Checker(llvm::Function &function, const StackUsers &users)
      : function_(function), users_(users), builder_(function.getContext()) {}

  /// Of a function that is checked itself.
  void check();
  /// Of a question that a thunk asked, wherever it is now.
  void answer(llvm::CallInst &question);

 private:
  void gather_variables();
  llvm::Instruction *place() const;
  llvm::Instruction *behind_parameters(llvm::Instruction *at) const;
  llvm::DebugLoc opening() const;
  void begin_at(llvm::Instruction *at);
  llvm::Value *is_below(llvm::Value *bytes);
  llvm::CallInst *call(const char *name, llvm::Type *result, llvm::Value *bytes);
  void check_at(llvm::Instruction *at, llvm::Value *bytes, const llvm::DebugLoc &told);
  void keep_promise(llvm::CallInst &check);
  void take_large(llvm::Instruction *at);
  llvm::MDNode *unlikely() { return llvm::MDBuilder(function_.getContext()).createUnlikelyBranchWeights(); }

  llvm::Function &function_;
  const StackUsers &users_;
  llvm::IRBuilder<> builder_;
  llvm::SmallVector<llvm::AllocaInst *, 8> small_;   ///< part of the frame
  llvm::SmallVector<llvm::AllocaInst *, 8> large_;   ///< of known size, to be taken behind the check
  llvm::SmallVector<llvm::AllocaInst *, 4> dynamic_; ///< of a size that is not known
  std::uint64_t large_bytes_ = 0;
};

void Checker::gather_variables() {
  const llvm::DataLayout &layout = function_.getDataLayout();
  const bool is_large_frame = frame_bytes(function_) > kLargeFrame;
  for (llvm::Instruction &instruction : llvm::instructions(function_)) {
    auto *variable = llvm::dyn_cast<llvm::AllocaInst>(&instruction);
    if (variable == nullptr) continue;
    const auto size = variable->getAllocationSize(layout);
    if (!variable->isStaticAlloca()) {
      dynamic_.push_back(variable);
    } else if (is_large_frame && size && !size->isScalable() && size->getFixedValue() >= kLargeVariable) {
      large_.push_back(variable);
      large_bytes_ += size->getFixedValue();
    } else {
      small_.push_back(variable);
    }
  }
}

/// Behind what keeps the parameters in memory, which has no line of its own: a debugger stops a function where its first row
/// with a line ends the prologue, and shows the parameters there.
llvm::Instruction *Checker::behind_parameters(llvm::Instruction *at) const {
  if (function_.getSubprogram() == nullptr) return at;
  const auto keeps_parameter = [&](const llvm::Instruction &instruction) {
    const llvm::Value *place = llvm::getLoadStorePointerOperand(&instruction);
    if (llvm::isa<llvm::GetElementPtrInst>(instruction)) place = &instruction; // one that comes in several registers
    const auto *variable = place == nullptr ? nullptr : llvm::dyn_cast<llvm::AllocaInst>(place->stripInBoundsOffsets());
    return variable != nullptr && !instruction.getDebugLoc() && llvm::is_contained(small_, variable);
  };
  while (keeps_parameter(*at)) at = at->getNextNode();
  return at;
}

/// Where the function is sure to go on calling, as late as there is one place for it: what returns early pays nothing. A
/// function with destructors to run is checked before there is anything to destroy.
llvm::Instruction *Checker::place() const {
  llvm::BasicBlock &entry = function_.getEntryBlock();
  llvm::Instruction *const first = &*entry.getFirstNonPHIOrDbgOrAlloca();
  if (function_.hasOptNone() || large_bytes_ != 0 || ends_at_overflow(function_) || has_landing_pads(function_))
    return behind_parameters(first);
  const llvm::DominatorTree tree(function_);
  llvm::BasicBlock *block = nullptr;
  const auto is_open = [&](const llvm::Instruction &instruction) {
    const auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
    return call != nullptr && users_.may_not_end(*call);
  };
  for (llvm::BasicBlock &each : function_)
    if (tree.isReachableFromEntry(&each) && llvm::any_of(each, is_open))
      block = block == nullptr ? &each : tree.findNearestCommonDominator(block, &each);
  if (block == nullptr) return nullptr;
  const llvm::LoopInfo loops(tree);
  while (const llvm::Loop *loop = loops.getLoopFor(block)) block = tree.getNode(loop->getHeader())->getIDom()->getBlock();
  const auto found = llvm::find_if(*block, is_open);
  llvm::Instruction *at = found == block->end() ? block->getTerminator() : &*found;
  return block == &entry && (at->comesBefore(first) || at == first) ? first : at;
}

/// The line that the function begins in; null without debug information.
llvm::DebugLoc Checker::opening() const {
  llvm::DISubprogram *subprogram = function_.getSubprogram();
  if (subprogram == nullptr) return {};
  return llvm::DILocation::get(function_.getContext(), subprogram->getScopeLine(), 0, subprogram);
}

void Checker::begin_at(llvm::Instruction *at) {
  builder_.SetInsertPoint(at);
  if (!at->getDebugLoc()) builder_.SetCurrentDebugLocation(opening());
}

/// Whether the stack pointer, `bytes` further down, would be below the limit. Null: where it is.
llvm::Value *Checker::is_below(llvm::Value *bytes) {
  llvm::Type *word = builder_.getInt64Ty();
  llvm::LLVMContext &context = function_.getContext();
  llvm::Value *name = llvm::MetadataAsValue::get(context, llvm::MDNode::get(context, llvm::MDString::get(context, "rsp")));
  llvm::Value *at = builder_.CreateIntrinsic(llvm::Intrinsic::read_register, {word}, {name});
  llvm::Value *place = builder_.CreateIntToPtr(builder_.getInt64(kStackLimitWord), builder_.getPtrTy(kFs));
  llvm::Value *limit = builder_.CreateLoad(word, place);
  if (bytes == nullptr) return builder_.CreateICmpULT(at, limit);
  return builder_.CreateICmpULT(builder_.CreateBinaryIntrinsic(llvm::Intrinsic::usub_sat, at, limit), bytes);
}

llvm::CallInst *Checker::call(const char *name, llvm::Type *result, llvm::Value *bytes) {
  llvm::FunctionCallee callee = function_.getParent()->getOrInsertFunction(
      name, llvm::FunctionType::get(result, {builder_.getInt64Ty()}, /*isVarArg=*/false));
  auto *declared = llvm::cast<llvm::Function>(callee.getCallee());
  declared->setCallingConv(llvm::CallingConv::PreserveMost);
  declared->addFnAttr(llvm::Attribute::Cold);
  llvm::CallInst *call = builder_.CreateCall(callee, {bytes != nullptr ? bytes : builder_.getInt64(0)});
  call->setCallingConv(llvm::CallingConv::PreserveMost);
  return call;
}

/// The check may throw in a function that must not: then its end is that of every such function.
void Checker::keep_promise(llvm::CallInst &check) {
  llvm::LLVMContext &context = function_.getContext();
  llvm::Module &module = *function_.getParent();
  llvm::Type *pointer = builder_.getPtrTy();
  if (!function_.hasPersonalityFn())
    function_.setPersonalityFn(llvm::cast<llvm::Constant>(
        module.getOrInsertFunction("__gxx_personality_v0", llvm::FunctionType::get(builder_.getInt32Ty(), /*isVarArg=*/true))
            .getCallee()));
  auto *block = llvm::BasicBlock::Create(context, "", &function_);
  auto *go_on = llvm::cast<llvm::BranchInst>(check.getParent()->getTerminator());
  builder_.SetInsertPoint(&check);
  auto *invoke = builder_.CreateInvoke(check.getFunctionType(), check.getCalledOperand(), go_on->getSuccessor(0), block,
                                       {check.getArgOperand(0)});
  invoke->setCallingConv(check.getCallingConv());
  invoke->setDebugLoc(check.getDebugLoc());
  check.eraseFromParent();
  go_on->eraseFromParent();

  builder_.SetInsertPoint(block);
  auto *pad = builder_.CreateLandingPad(llvm::StructType::get(pointer, builder_.getInt32Ty()), /*NumClauses=*/1);
  pad->addClause(llvm::ConstantPointerNull::get(llvm::PointerType::getUnqual(context)));
  const auto catches = module.getOrInsertFunction("__cxa_begin_catch", llvm::FunctionType::get(pointer, {pointer}, false));
  builder_.CreateCall(catches, builder_.CreateExtractValue(pad, 0))->setDoesNotThrow();
  const auto ends = module.getOrInsertFunction("_ZSt9terminatev", llvm::FunctionType::get(builder_.getVoidTy(), false));
  llvm::CallInst *end = builder_.CreateCall(ends);
  end->setDoesNotThrow();
  end->setDoesNotReturn();
  builder_.CreateUnreachable();
}

/// `told`: where a function that runs out of stack is said to do so.
void Checker::check_at(llvm::Instruction *at, llvm::Value *bytes, const llvm::DebugLoc &told) {
  begin_at(at);
  llvm::Instruction *slow =
      llvm::SplitBlockAndInsertIfThen(is_below(bytes), at->getIterator(), /*Unreachable=*/false, unlikely());
  builder_.SetInsertPoint(slow);
  builder_.SetCurrentDebugLocation(told);
  llvm::CallInst *check = call(kStackCheck, builder_.getVoidTy(), bytes);
  if (ends_at_overflow(function_)) keep_promise(*check);
}

void Checker::take_large(llvm::Instruction *at) {
  for (llvm::AllocaInst *variable : large_) variable->moveBefore(at->getIterator());
}

void Checker::check() {
  gather_variables();
  for (llvm::AllocaInst *variable : llvm::reverse(small_))
    variable->moveBefore(function_.getEntryBlock(), function_.getEntryBlock().begin());
  const std::uint64_t bytes = large_bytes_ + largest_argument(function_);
  if (llvm::Instruction *at = place()) {
    while (llvm::is_contained(large_, at)) at = at->getNextNode();
    const bool is_first = function_.hasOptNone() || !at->getDebugLoc();
    check_at(at, bytes == 0 ? nullptr : builder_.getInt64(bytes), is_first ? opening() : at->getDebugLoc());
    take_large(at);
  }
  for (llvm::AllocaInst *variable : dynamic_) {
    begin_at(variable);
    const std::uint64_t size = function_.getDataLayout().getTypeAllocSize(variable->getAllocatedType());
    llvm::Value *count = builder_.CreateZExtOrTrunc(variable->getArraySize(), builder_.getInt64Ty());
    check_at(variable, builder_.CreateMul(count, builder_.getInt64(size)), builder_.getCurrentDebugLocation());
  }
}

void Checker::answer(llvm::CallInst &question) {
  gather_variables();
  llvm::BasicBlock &entry = function_.getEntryBlock();
  const bool is_thunks = question.getParent() == &entry;
  for (llvm::AllocaInst *variable : llvm::reverse(small_)) variable->moveBefore(entry, entry.begin());
  llvm::Value *bytes = is_thunks && large_bytes_ != 0 ? builder_.getInt64(large_bytes_) : nullptr;
  begin_at(&question);
  const llvm::DebugLoc where = builder_.getCurrentDebugLocation();
  llvm::BasicBlock *const head = question.getParent();
  llvm::Instruction *slow =
      llvm::SplitBlockAndInsertIfThen(is_below(bytes), question.getIterator(), /*Unreachable=*/false, unlikely());
  builder_.SetInsertPoint(slow);
  builder_.SetCurrentDebugLocation(where);
  llvm::Value *said = builder_.CreateICmpNE(call(kStackQuestion, builder_.getInt32Ty(), bytes), builder_.getInt32(0));
  llvm::BasicBlock *const asked = slow->getParent();
  llvm::BasicBlock *const rest = question.getParent();
  auto *decision = llvm::dyn_cast<llvm::BranchInst>(rest->getTerminator());
  const bool is_bare = decision != nullptr && decision->isConditional() && decision->getCondition() == &question &&
                       question.hasOneUse() && &rest->front() == &question && question.getNextNode() == decision;
  if (is_bare && large_.empty()) { // each way goes where it is decided
    llvm::BasicBlock *const spent = decision->getSuccessor(0);
    llvm::BasicBlock *const enough = decision->getSuccessor(1);
    for (llvm::PHINode &value : enough->phis()) value.addIncoming(value.getIncomingValueForBlock(rest), head);
    for (llvm::BasicBlock *block : {spent, enough}) block->replacePhiUsesWith(rest, asked);
    auto *go_on = llvm::cast<llvm::BranchInst>(head->getTerminator());
    go_on->setSuccessor(1, enough);
    builder_.SetInsertPoint(slow);
    builder_.CreateCondBr(said, spent, enough);
    slow->eraseFromParent();
    rest->eraseFromParent();
    return;
  }
  builder_.SetInsertPoint(&question);
  llvm::PHINode *answer = builder_.CreatePHI(builder_.getInt1Ty(), 2);
  answer->addIncoming(builder_.getFalse(), head);
  answer->addIncoming(said, asked);
  if (is_thunks) take_large(&question);
  question.replaceAllUsesWith(answer);
  question.eraseFromParent();
}

} // namespace

void check_function(llvm::Function &function, const StackUsers &users) { Checker(function, users).check(); }

void answer_question(llvm::CallInst &question, const StackUsers &users) {
  Checker(*question.getFunction(), users).answer(question);
}

} // namespace graft::driver
