// See idle_passes.hpp.
#include "idle_passes.hpp"

#include <clang/Basic/CodeGenOptions.h>
#include <clang/Basic/LangOptions.h>
#include <clang/Frontend/CompilerInstance.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/Module.h>

namespace graft::driver {
namespace {

bool asks_for_instrumentation(const clang::CodeGenOptions &code, const clang::LangOptions &language) {
  return !language.Sanitize.empty() || code.hasSanitizeCoverage() || code.hasProfileInstr() || code.hasProfileIRUse() ||
         !code.SampleProfileFile.empty() || !code.MemoryProfileOutput.empty() || !code.MemoryProfileUsePath.empty() ||
         code.PseudoProbeForProfiling || code.DebugInfoForProfiling || !code.CoverageDataFile.empty() ||
         !code.CoverageNotesFile.empty() || code.InstrumentFunctions || code.InstrumentFunctionsAfterInlining ||
         code.InstrumentFunctionEntryBare || code.InstrumentForProfiling;
}

bool asks_for_passes(const clang::CodeGenOptions &code) {
  return code.OptimizationLevel != 0 || !code.PassPlugins.empty() || code.MergeFunctions || code.VerifyModule ||
         code.DebugPassManager || !code.DebugPass.empty() || code.TimePasses || code.EnableDIPreservationVerify ||
         code.PrepareForLTO || code.PrepareForThinLTO || code.FatLTO || !code.ThinLTOIndexFile.empty() ||
         code.getAssignmentTrackingMode() == clang::CodeGenOptions::AssignmentTrackingOpts::Forced;
}

/// `[[clang::always_inline]]` may stand at a call as well.
bool has_calls_to_inline(const llvm::Function &function) {
  return llvm::any_of(llvm::instructions(function), [](const llvm::Instruction &instruction) {
    const auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
    return call != nullptr && call->hasFnAttr(llvm::Attribute::AlwaysInline);
  });
}

bool has_work(const llvm::Function &function) {
  return function.hasFnAttribute(llvm::Attribute::AlwaysInline) ||
         function.hasFnAttribute(llvm::Attribute::PresplitCoroutine) || function.getName().starts_with("llvm.coro.") ||
         has_calls_to_inline(function);
}

} // namespace

bool would_idle(const clang::CompilerInstance &compiler, const llvm::Module &module) {
  const clang::CodeGenOptions &code = compiler.getCodeGenOpts();
  return !asks_for_passes(code) && !asks_for_instrumentation(code, compiler.getLangOpts()) &&
         llvm::none_of(module, has_work);
}

} // namespace graft::driver
