// See front_end.hpp. Everything here lives for one compile: no cached stat survives an edit, no interned type piles up.
#include "front_end.hpp"

#include "abi_preamble.hpp"
#include "diagnostics.hpp"
#include "inputs.hpp"
#include "stopwatch.hpp"
#include "target_features.hpp"
#include "virtual_headers.hpp"

#include <clang/Basic/Stack.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Lex/PreprocessorOptions.h>
#include <llvm/Support/raw_ostream.h>

#include <utility>

namespace graft::driver {

FrontEnd::FrontEnd(const FrontEndStart &start, clang::FrontendAction &action, DiagnosticCollector &collector)
    : action_(action) {
  auto own = std::make_shared<clang::CompilerInvocation>(start.invocation);
  const clang::InputKind kind = own->getFrontendOpts().Inputs.front().getKind();
  own->getFrontendOpts().Inputs.assign(1, clang::FrontendInputFile(start.name, kind));
  own->getCodeGenOpts().MainFileName = start.name;
  clang::PreprocessorOptions &preprocessor = own->getPreprocessorOpts();
  preprocessor.addRemappedFile(start.name, &start.text);
  preprocessor.RetainRemappedFileBuffers = true;
  if (start.head != nullptr) {
    preprocessor.ImplicitPCHInclude = kPreamblePath;
    preprocessor.PrecompiledPreambleBytes = {start.head->size, start.head->ends_at_line_start};
    preprocessor.DisablePCHOrModuleValidation = clang::DisableValidationForModuleKind::PCH;
  }

  compiler_ = std::make_unique<clang::CompilerInstance>(std::move(own));
  compiler_->setVerboseOutputStream(std::make_unique<llvm::raw_null_ostream>());
  compiler_->setVirtualFileSystem(
      compile_file_system(start.head != nullptr ? start.head->bytes : std::string_view(), start.headers, start.trace));
  compiler_->createDiagnostics(&collector, /*ShouldOwnClient=*/false);
  compiler_->createFileManager();
  clang::noteBottomOfStack(/*ForceSet=*/true);
  const bool has_target = compiler_->createTarget();
  if (has_target) use_trimmed_features(*compiler_);
  std::uint64_t beginning_ns = 0;
  if (has_target) {
    const Stopwatch watch(beginning_ns);
    has_begun_ = action.BeginSourceFile(*compiler_, compiler_->getFrontendOpts().Inputs.front());
  }
  if (start.head != nullptr) opening_ns_ = beginning_ns;
  if (has_begun_ || collector.failed()) return;
  Diagnostic diagnostic;
  diagnostic.where.file = start.name;
  diagnostic.message = "clang cannot start";
  collector.add(std::move(diagnostic));
}

FrontEnd::~FrontEnd() {
  if (has_begun_) action_.EndSourceFile();
}

void FrontEnd::replace_text(const llvm::MemoryBuffer &text) {
  clang::SourceManager &sources = compiler_->getSourceManager();
  const auto file = sources.getFileEntryRefForID(sources.getMainFileID());
  sources.overrideFileContents(*file, text.getMemBufferRef());
  sources.setMainFileID(sources.createFileID(*file, clang::SourceLocation(), clang::SrcMgr::C_User));
}

void FrontEnd::run() {
  if (!has_begun_) return;
  clang::noteBottomOfStack(/*ForceSet=*/true); // the thread may be another than the one that began
  llvm::consumeError(action_.Execute());       // what it could say is among the diagnostics
  if (std::exchange(has_begun_, false)) action_.EndSourceFile();
}

} // namespace graft::driver
