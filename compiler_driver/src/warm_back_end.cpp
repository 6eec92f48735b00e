// See warm_back_end.hpp. That a pipeline may run again is what `llc -compile-twice` is there to show. One that crashed is
// not given back.
#include "warm_back_end.hpp"

#include <clang/Basic/CodeGenOptions.h>
#include <clang/Basic/LangOptions.h>
#include <clang/Basic/TargetOptions.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Lex/HeaderSearchOptions.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/Frontend/Driver/CodeGenOptions.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

namespace graft::driver {
namespace {

/// Idle pipelines are a few hundred kilobytes each; more than this many at once are made anew.
constexpr std::size_t kMostIdle = 4;

/// What Clang tells LLVM of its flags, as far as they matter to ELF on x86-64.
llvm::TargetOptions target_options(const clang::CompilerInstance &compiler) {
  const clang::CodeGenOptions &code = compiler.getCodeGenOpts();
  const clang::LangOptions &language = compiler.getLangOpts();
  llvm::TargetOptions options;
  const bool is_fast = language.getDefaultFPContractMode() == clang::LangOptions::FPM_Fast;
  options.AllowFPOpFusion = is_fast ? llvm::FPOpFusion::Fast : llvm::FPOpFusion::Standard;
  options.NoInfsFPMath = language.NoHonorInfs;
  options.NoNaNsFPMath = language.NoHonorNaNs;
  if (code.hasDWARFExceptions()) options.ExceptionModel = llvm::ExceptionHandling::DwarfCFI;
  options.BinutilsVersion = llvm::TargetMachine::parseBinutilsVersion(code.BinutilsVersion);
  options.UseInitArray = code.UseInitArray;
  options.NoZerosInBSS = code.NoZeroInitializedInBSS;
  options.BBAddrMap = code.BBAddrMap;
  options.FunctionSections = code.FunctionSections;
  options.DataSections = code.DataSections;
  options.UniqueSectionNames = code.UniqueSectionNames;
  options.UniqueBasicBlockSectionNames = code.UniqueBasicBlockSectionNames;
  options.SeparateNamedSections = code.SeparateNamedSections;
  options.TLSSize = code.TLSSize;
  options.EnableTLSDESC = code.EnableTLSDESC;
  options.EmulatedTLS = code.EmulatedTLS;
  options.DebuggerTuning = code.getDebuggerTuning();
  options.EmitStackSizeSection = code.StackSizeSection;
  options.EmitAddrsig = code.Addrsig;
  options.EmitCallGraphSection = code.CallGraphSection;
  options.EmitCallSiteInfo = code.EmitCallSiteInfo;
  options.ForceDwarfFrameSection = code.ForceDwarfFrameSection;
  options.XRayFunctionIndex = code.XRayFunctionIndex;
  options.LoopAlignment = code.LoopAlignment;
  options.DebugStrictDwarf = code.DebugStrictDwarf;
  llvm::MCTargetOptions &machine = options.MCOptions;
  machine.EmitDwarfUnwind = code.getEmitDwarfUnwind();
  machine.MCRelaxAll = code.RelaxAll;
  machine.MCSaveTempLabels = code.SaveTempLabels;
  machine.MCUseDwarfDirectory =
      code.NoDwarfDirectoryAsm ? llvm::MCTargetOptions::DisableDwarfDirectory : llvm::MCTargetOptions::EnableDwarfDirectory;
  machine.MCNoExecStack = code.NoExecStack;
  machine.MCFatalWarnings = code.FatalWarnings;
  machine.MCNoWarn = code.NoWarn;
  machine.Dwarf64 = code.Dwarf64;
  machine.PreserveAsmComments = code.PreserveAsmComments;
  machine.Crel = code.Crel;
  machine.X86RelaxRelocations = code.X86RelaxRelocations;
  machine.X86Sse2Avx = code.X86Sse2Avx;
  machine.CompressDebugSections = code.getCompressDebugSections();
  machine.ABIName = compiler.getTargetOpts().ABI;
  const clang::HeaderSearchOptions &headers = compiler.getHeaderSearchOpts();
  for (const auto &entry : headers.UserEntries) // where inline assembly's `.include` looks
    if (!entry.IsFramework && (entry.Group == clang::frontend::Quoted || entry.Group == clang::frontend::Angled ||
                               entry.Group == clang::frontend::System))
      machine.IASSearchPaths.push_back(entry.IgnoreSysRoot ? entry.Path : headers.Sysroot + entry.Path);
  return options;
}

} // namespace

class WarmBackEnd::Pipeline {
 public:
  static std::unique_ptr<Pipeline> create(const clang::CompilerInstance &compiler, const llvm::Module &module) {
    std::string why;
    const llvm::Target *target = llvm::TargetRegistry::lookupTarget(module.getTargetTriple(), why);
    if (target == nullptr) return nullptr;
    auto pipeline = std::make_unique<Pipeline>();
    const clang::CodeGenOptions &code = compiler.getCodeGenOpts();
    const clang::TargetOptions &machine = compiler.getTargetOpts();
    pipeline->machine_.reset(target->createTargetMachine(
        module.getTargetTriple(), machine.CPU, llvm::join(machine.Features, ","), target_options(compiler),
        code.RelocationModel, code_model(code), llvm::CodeGenOptLevel::None));
    if (!pipeline->machine_) return nullptr;
    pipeline->machine_->setLargeDataThreshold(code.LargeDataThreshold);
    llvm::legacy::PassManager &passes = pipeline->passes_;
    passes.add(llvm::createTargetTransformInfoWrapperPass(pipeline->machine_->getTargetIRAnalysis()));
    const std::unique_ptr<llvm::TargetLibraryInfoImpl> library(
        llvm::driver::createTLII(module.getTargetTriple(), code.getVecLib()));
    passes.add(new llvm::TargetLibraryInfoWrapperPass(*library));
    const bool cannot = pipeline->machine_->addPassesToEmitFile(passes, pipeline->stream_, /*DwoOut=*/nullptr,
                                                                llvm::CodeGenFileType::ObjectFile,
                                                                /*DisableVerify=*/!code.VerifyModule);
    return cannot ? nullptr : std::move(pipeline);
  }

  void run(llvm::Module &module, std::vector<char> &out) {
    bytes_.clear();
    passes_.run(module);
    out.assign(bytes_.begin(), bytes_.end());
    bytes_ = {}; // one large object should not be paid for forever
  }

 private:
  static std::optional<llvm::CodeModel::Model> code_model(const clang::CodeGenOptions &code) {
    return llvm::StringSwitch<std::optional<llvm::CodeModel::Model>>(code.CodeModel)
        .Case("small", llvm::CodeModel::Small)
        .Case("kernel", llvm::CodeModel::Kernel)
        .Case("medium", llvm::CodeModel::Medium)
        .Case("large", llvm::CodeModel::Large)
        .Default(std::nullopt);
  }

  std::unique_ptr<llvm::TargetMachine> machine_;
  llvm::SmallVector<char, 0> bytes_;
  llvm::raw_svector_ostream stream_{bytes_};
  llvm::legacy::PassManager passes_; ///< ends before what it writes to and works for
};

WarmBackEnd::WarmBackEnd() = default;
WarmBackEnd::~WarmBackEnd() = default;

bool WarmBackEnd::suits(const clang::CompilerInstance &compiler) {
  const clang::CodeGenOptions &code = compiler.getCodeGenOpts();
  return code.OptimizationLevel == 0 && code.SplitDwarfFile.empty() && code.StackUsageOutput.empty() &&
         code.DebugPass.empty() && code.LimitFloatPrecision.empty() && code.AsSecureLogFile.empty() &&
         (code.BBSections.empty() || code.BBSections == "none") && !code.SplitMachineFunctions && !code.HotPatch &&
         !code.DisableIntegratedAS && !code.JMCInstrument && !code.EmitSFrameUnwind &&
         compiler.getLangOpts().getThreadModel() == clang::LangOptions::ThreadModelKind::POSIX;
}

std::unique_ptr<WarmBackEnd::Pipeline> WarmBackEnd::take() {
  const MutexLock lock(mutex_);
  if (idle_.empty()) return nullptr;
  std::unique_ptr<Pipeline> pipeline = std::move(idle_.back());
  idle_.pop_back();
  return pipeline;
}

void WarmBackEnd::give_back(std::unique_ptr<Pipeline> pipeline) {
  const MutexLock lock(mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(pipeline));
}

bool WarmBackEnd::emit(const clang::CompilerInstance &compiler, llvm::Module &module, std::vector<char> &out) {
  std::unique_ptr<Pipeline> pipeline = take();
  if (!pipeline) pipeline = Pipeline::create(compiler, module);
  if (!pipeline) return false;
  pipeline->run(module, out);
  give_back(std::move(pipeline));
  return true;
}

} // namespace graft::driver
