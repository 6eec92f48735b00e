// Clang's and LLVM's messages as graft::Diagnostic. Nothing is printed, ever.
#pragma once

#include <graft/base/diagnostic.hpp>

#include <clang/Basic/Diagnostic.h>
#include <clang/Basic/SourceLocation.h>

#include <memory>
#include <string>
#include <vector>

namespace clang {
class SourceManager;
}
namespace llvm {
class DiagnosticHandler;
class LLVMContext;
class SMDiagnostic;
} // namespace llvm

namespace graft::driver {

/// Where something stands in its file, macros expanded and `#line` obeyed.
SourcePos position(const clang::SourceManager &sources, clang::SourceLocation location);

/// The whole line that `location`, a place in a file, stands in.
std::string line_at(const clang::SourceManager &sources, clang::SourceLocation location);

/// Collects what Clang says, notes under what they belong to.
///
/// Threads: one compile, one collector.
class DiagnosticCollector : public clang::DiagnosticConsumer {
 public:
  DiagnosticCollector();
  ~DiagnosticCollector() override;
  void BeginSourceFile(const clang::LangOptions &language, const clang::Preprocessor *) override;
  void EndSourceFile() override;
  void HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic &info) override;

  void add(Diagnostic diagnostic);
  std::vector<Diagnostic> take() { return std::move(diagnostics_); }
  bool failed() const { return failed_; }

 private:
  class Renderer;

  std::vector<Diagnostic> diagnostics_;
  std::unique_ptr<Renderer> renderer_;           ///< of the file being compiled: it remembers whose includes it has told
  const clang::LangOptions *language_ = nullptr; ///< of the file being compiled; null before and after
  bool failed_ = false;
  bool drop_notes_ = false; ///< the last message was dropped, and so are its notes
};

/// Reports an error of graft's own through Clang, so that it gets its place and snippet.
void report(clang::DiagnosticsEngine &engine, clang::SourceLocation location, const std::string &sentence,
            clang::DiagnosticsEngine::Level level = clang::DiagnosticsEngine::Error);

/// Sends what LLVM's back end has to say about `context`'s modules to `engine`: inline assembly above all.
void collect_back_end_diagnostics(llvm::LLVMContext &context, clang::DiagnosticsEngine &engine);

/// A message of LLVM's text and bitcode readers.
Diagnostic from_reader(const llvm::SMDiagnostic &message, const std::string &file);

} // namespace graft::driver
