// See front_end.hpp. Everything here lives for one compile: no cached stat survives an edit, no interned type piles up.
#include "front_end.hpp"

#include "abi_preamble.hpp"
#include "diagnostics.hpp"
#include "inputs.hpp"
#include "source_text.hpp"
#include "target_features.hpp"
#include "virtual_headers.hpp"

#include <clang/Basic/Stack.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Lex/PreprocessorOptions.h>
#include <llvm/Support/raw_ostream.h>

namespace graft::driver {

void run_front_end(const FrontEndRun &run, clang::FrontendAction &action, DiagnosticCollector &collector) {
  const SourceText &text = run.text;
  auto own = std::make_shared<clang::CompilerInvocation>(run.invocation);
  const clang::InputKind kind = own->getFrontendOpts().Inputs.front().getKind();
  own->getFrontendOpts().Inputs.assign(1, clang::FrontendInputFile(text.name, kind));
  own->getCodeGenOpts().MainFileName = text.name;
  clang::PreprocessorOptions &preprocessor = own->getPreprocessorOpts();
  preprocessor.addRemappedFile(text.name, text.buffer.get());
  preprocessor.RetainRemappedFileBuffers = true;
  if (run.head != nullptr) {
    preprocessor.ImplicitPCHInclude = kPreamblePath;
    preprocessor.PrecompiledPreambleBytes = {run.head->size, run.head->ends_at_line_start};
    preprocessor.DisablePCHOrModuleValidation = clang::DisableValidationForModuleKind::PCH;
  }

  clang::CompilerInstance compiler(std::move(own));
  compiler.setVerboseOutputStream(std::make_unique<llvm::raw_null_ostream>());
  compiler.setVirtualFileSystem(
      compile_file_system(run.head != nullptr ? run.head->bytes : std::string_view(), run.headers, run.trace));
  compiler.createDiagnostics(&collector, /*ShouldOwnClient=*/false);
  compiler.createFileManager();
  clang::noteBottomOfStack(/*ForceSet=*/true);
  const bool has_target = compiler.createTarget();
  if (has_target) use_trimmed_features(compiler);
  if (has_target && action.BeginSourceFile(compiler, compiler.getFrontendOpts().Inputs.front())) {
    llvm::consumeError(action.Execute()); // what it could say is among the diagnostics
    action.EndSourceFile();
  } else if (!collector.failed()) {
    Diagnostic diagnostic;
    diagnostic.where.file = text.name;
    diagnostic.message = "clang cannot start";
    collector.add(std::move(diagnostic));
  }
}

} // namespace graft::driver
