// See stack_checks.hpp: which functions are checked, what the optimiser may believe of them, and what passes through them.
#include "stack_checks.hpp"

#include "promises.hpp"
#include "stack_checker.hpp"
#include "stack_users.hpp"

#include <graft/base/stack_check.hpp>

#include <clang/Basic/CodeGenOptions.h>
#include <clang/Basic/LangOptions.h>
#include <llvm/ADT/SetVector.h>
#include <llvm/Analysis/LazyCallGraph.h>
#include <llvm/IR/CFG.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Transforms/Utils/Local.h>

namespace graft::driver {
namespace {

constexpr llvm::StringLiteral kWanted("split-stack"); ///< Clang's, of -fsplit-stack
/// Of functions that may run out of stack: one of the words below.
constexpr llvm::StringLiteral kMark("graft-stack-overflow");
constexpr llvm::StringLiteral kThrows("throws"); ///< like any exception
constexpr llvm::StringLiteral kEnds("ends");     ///< the process: it promised not to throw (S3)

/// Stands for the question until the module is optimised.
constexpr llvm::StringLiteral kAsk("graft.is_stack_spent");
bool is_instrumented(const llvm::Function &function) {
  using llvm::Attribute;
  return function.hasFnAttribute(Attribute::SanitizeAddress) || function.hasFnAttribute(Attribute::SanitizeThread) ||
         function.hasFnAttribute(Attribute::SanitizeMemory) || function.hasFnAttribute(Attribute::SanitizeHWAddress) ||
         function.hasFnAttribute(Attribute::SafeStack);
}

bool takes_no_check(const llvm::Function &function) {
  return function.hasFnAttribute(llvm::Attribute::Naked) || function.isPresplitCoroutine() || is_instrumented(function) ||
         function.getCallingConv() == llvm::CallingConv::X86_INTR;
}

bool has_mark(const llvm::Function &function, llvm::StringRef word) {
  return function.getFnAttribute(kMark).getValueAsString() == word;
}

/// S2: undoes what was inferred of functions that were found.
void forget_nounwind(llvm::StringRef pass, const llvm::Any &unit) {
  if (pass != "PostOrderFunctionAttrsPass") return;
  const auto *group = llvm::any_cast<const llvm::LazyCallGraph::SCC *>(&unit);
  if (group == nullptr) return;
  for (llvm::LazyCallGraph::Node &node : **group)
    if (llvm::Function &function = node.getFunction(); has_mark(function, kThrows))
      function.removeFnAttr(llvm::Attribute::NoUnwind);
}

/// What passes through a function has to find its way: a table for the frame, and calls that say they may throw.
void let_pass(llvm::Function &function, const StackUsers &users) {
  function.removeFnAttr(llvm::Attribute::NoUnwind);
  if (!function.hasUWTable()) function.setUWTableKind(llvm::UWTableKind::Async);
  for (llvm::Instruction &instruction : llvm::instructions(function)) {
    auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
    if (call == nullptr || !call->hasFnAttr(llvm::Attribute::NoUnwind) || !users.may_not_end(*call)) continue;
    const llvm::Function *callee = call->getCalledFunction();
    if (callee == nullptr || callee->isDeclaration() || has_mark(*callee, kEnds)) continue; // what promised keeps it
    call->removeFnAttr(llvm::Attribute::NoUnwind);
  }
}

/// Whether what is thrown out of a function's own calls may come to a call of Clang's helper. The end of a handler may as well,
/// if the exception's destructor throws; where that is all, nothing else ends there.
bool ends_what_is_thrown(const llvm::Instruction &helper_call) {
  const llvm::BasicBlock &block = *helper_call.getParent();
  if (!block.isLandingPad()) return true;
  return llvm::any_of(llvm::predecessors(&block), [&](const llvm::BasicBlock *from) {
    const auto *invoke = llvm::dyn_cast<llvm::InvokeInst>(from->getTerminator());
    const llvm::Function *callee = invoke == nullptr ? nullptr : invoke->getCalledFunction();
    return callee == nullptr || callee->getName() != "__cxa_end_catch";
  });
}

/// Marks the functions in which Clang, or a check, ends the process for an exception.
void mark_noexcepts(llvm::Module &module, const StackUsers &users) {
  llvm::SmallSetVector<llvm::Function *, 16> ends;
  for (llvm::Function &function : module)
    if (!function.isDeclaration() && has_mark(function, kEnds) && users.contains(function)) ends.insert(&function);
  if (const llvm::Function *helper = module.getFunction("__clang_call_terminate"))
    for (const llvm::User *user : helper->users())
      if (const auto *call = llvm::dyn_cast<llvm::CallBase>(user); call != nullptr && ends_what_is_thrown(*call))
        ends.insert(const_cast<llvm::Function *>(call->getFunction()));
  for (llvm::Function *function : ends) {
    if (function->hasPrefixData()) continue;
    // As long as the function is aligned, so that it still is.
    const std::uint64_t words =
        std::max<std::uint64_t>(function->getAlign().valueOrOne().value(), 16) / sizeof kNoexceptMark;
    llvm::SmallVector<std::uint64_t, 8> prefix(words, 0);
    prefix.back() = kNoexceptMark;
    function->setPrefixData(llvm::ConstantDataArray::get(module.getContext(), prefix));
  }
}

llvm::SmallVector<llvm::CallInst *, 4> questions_in(llvm::Function *ask, const llvm::Function &function) {
  llvm::SmallVector<llvm::CallInst *, 4> found;
  if (ask == nullptr) return found;
  for (llvm::User *user : ask->users())
    if (auto *call = llvm::dyn_cast<llvm::CallInst>(user); call != nullptr && call->getFunction() == &function)
      found.push_back(call);
  return found;
}

bool is_anything_wanted(const llvm::Module &module) {
  return llvm::any_of(module, [](const llvm::Function &function) { return function.hasFnAttribute(kWanted); });
}

} // namespace

void want_stack_checks(llvm::Module &module, const clang::CodeGenOptions &options) {
  if (!options.EnableSegmentedStacks || is_anything_wanted(module)) return;
  for (llvm::Function &function : module)
    if (!function.isDeclaration()) function.addFnAttr(kWanted);
}

void mark_stack_users(llvm::Module &module, const clang::LangOptions &language, clang::CodeGenerator *generator) {
  if (!is_anything_wanted(module)) return;
  const StackUsers users(module);
  const bool keeps_promises = language.CPlusPlus && language.CXXExceptions;
  const auto promised = [&](const llvm::Function &function) {
    return function.doesNotThrow() && (generator == nullptr || !is_merely_inferred(function, *generator));
  };
  for (llvm::Function &function : module) {
    if (function.isDeclaration()) continue;
    const bool did_promise = has_mark(function, kEnds); // when it was compiled from source
    function.removeFnAttr(kMark);
    if (!users.contains(function)) continue;
    const bool ends = did_promise || (keeps_promises && promised(function));
    function.addFnAttr(kMark, ends ? kEnds : kThrows);
    if (!ends) function.removeFnAttr(llvm::Attribute::NoUnwind);
  }
}

bool may_overflow(const llvm::Function &function) { return function.hasFnAttribute(kMark); }
bool ends_at_overflow(const llvm::Function &function) { return has_mark(function, kEnds); }

llvm::Value *ask_for_stack(llvm::IRBuilderBase &builder) {
  llvm::Module &module = *builder.GetInsertBlock()->getModule();
  llvm::FunctionCallee ask =
      module.getOrInsertFunction(kAsk, llvm::FunctionType::get(builder.getInt1Ty(), /*isVarArg=*/false));
  auto *function = llvm::cast<llvm::Function>(ask.getCallee());
  // So that several in one function are one, and none stands in the way of anything.
  function->setDoesNotThrow();
  function->setWillReturn();
  function->setDoesNotAccessMemory();
  return builder.CreateCall(ask);
}

bool asks_for_stack(const llvm::Function &function) { return function.getName() == kAsk; }

void keep_throwing(clang::CodeGenOptions &options) {
  options.PassBuilderCallbacks.push_back([](llvm::PassBuilder &builder) {
    builder.getPassInstrumentationCallbacks()->registerAfterPassCallback(
        [](llvm::StringRef pass, llvm::Any unit, const llvm::PreservedAnalyses &) { forget_nounwind(pass, unit); });
  });
}

void drop_needless_questions(llvm::Module &module) {
  llvm::Function *ask = module.getFunction(kAsk);
  if (ask == nullptr) return;
  const StackUsers users(module);
  for (llvm::Function &function : module) {
    if (function.isDeclaration() || users.contains(function)) continue;
    const auto questions = questions_in(ask, function);
    if (questions.empty()) continue;
    for (llvm::CallInst *question : questions) {
      question->replaceAllUsesWith(llvm::ConstantInt::getFalse(module.getContext()));
      question->eraseFromParent();
    }
    for (llvm::BasicBlock &block : function) llvm::ConstantFoldTerminator(&block);
    llvm::removeUnreachableBlocks(function);
  }
}

void add_stack_checks(llvm::Module &module) {
  llvm::Function *ask = module.getFunction(kAsk);
  if (ask == nullptr && !is_anything_wanted(module)) return;
  const StackUsers users(module);
  llvm::SmallVector<llvm::Function *, 64> functions;
  for (llvm::Function &function : module)
    if (!function.isDeclaration()) functions.push_back(&function);
  for (llvm::Function *function : functions) { // before any: a check is a call, too
    if (users.contains(*function) && !has_mark(*function, kEnds)) let_pass(*function, users);
  }
  mark_noexcepts(module, users);
  for (llvm::Function *function : functions) {
    for (llvm::CallInst *question : questions_in(ask, *function)) answer_question(*question, users);
    const bool is_wanted = function->hasFnAttribute(kWanted);
    function->removeFnAttr(kWanted);
    if (is_wanted && users.contains(*function) && !takes_no_check(*function)) check_function(*function, users);
    function->removeFnAttr(kMark);
  }
  for (llvm::Function &function : module) { // of declarations whose bodies went
    function.removeFnAttr(kWanted);
    function.removeFnAttr(kMark);
  }
  if (ask != nullptr && ask->use_empty()) ask->eraseFromParent();
}

} // namespace graft::driver
