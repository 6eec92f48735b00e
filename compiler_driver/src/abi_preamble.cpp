// See abi_preamble.hpp.
#include "abi_preamble.hpp"

#include "diagnostics.hpp"
#include "front_end.hpp"

#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/FrontendAction.h>
#include <clang/Lex/PreprocessorOptions.h>
#include <clang/Serialization/ASTWriter.h>
#include <clang/Serialization/PCHContainerOperations.h>
#include <llvm/Support/FileSystem.h>

#include <algorithm>

namespace graft::driver {
namespace {

/// `text` behind blanks and comments.
llvm::StringRef skip_blank(llvm::StringRef text) {
  for (;;) {
    text = text.ltrim();
    const llvm::StringRef before = text;
    if (text.consume_front("//")) text = text.drop_until([](char c) { return c == '\n'; });
    if (text.consume_front("/*")) {
      const size_t end = text.find("*/");
      text = end == llvm::StringRef::npos ? llvm::StringRef() : text.drop_front(end + 2);
    }
    if (text == before) return text;
  }
}

bool begins_with_the_abi(llvm::StringRef text) {
  text = skip_blank(text);
  if (!text.consume_front("#")) return false;
  text = text.ltrim(" \t");
  if (!text.consume_front("include")) return false;
  text = text.ltrim(" \t");
  return text.consume_front("<graft/abi.h>") && text.take_until([](char c) { return c == '\n'; }).trim().empty();
}

/// Parses one header and writes what it declares.
class PreambleAction : public clang::ASTFrontendAction {
 public:
  PreambleAction(std::shared_ptr<clang::PCHBuffer> buffer, Inputs &inputs) : buffer_(std::move(buffer)), inputs_(inputs) {}

 protected:
  bool BeginSourceFileAction(clang::CompilerInstance &compiler) override {
    compiler.getLangOpts().CompilingPCH = true;
    return true;
  }
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance &compiler, llvm::StringRef) override {
    watch_inputs(compiler, inputs_);
    return std::make_unique<clang::PCHGenerator>(compiler.getPreprocessor(), compiler.getModuleCache(), kPreamblePath,
                                                 /*isysroot=*/"", buffer_, compiler.getCodeGenOpts(),
                                                 compiler.getFrontendOpts().ModuleFileExtensions,
                                                 /*AllowASTWithErrors=*/false, /*IncludeTimestamps=*/false);
  }
  void ExecuteAction() override {
    ASTFrontendAction::ExecuteAction();
    collect_inputs(getCompilerInstance(), inputs_);
  }
  clang::TranslationUnitKind getTranslationUnitKind() override { return clang::TU_Prefix; }
  bool hasASTFileSupport() const override { return false; }

 private:
  std::shared_ptr<clang::PCHBuffer> buffer_;
  Inputs &inputs_;
};

AbiPreamble::Stamp stamp_of(const std::string &path) {
  AbiPreamble::Stamp stamp{path, 0, 0};
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(path, status)) return stamp;
  stamp.size = status.getSize();
  stamp.modified_ns = status.getLastModificationTime().time_since_epoch().count();
  return stamp;
}

bool is_fresh(const AbiPreamble &preamble) {
  return std::ranges::all_of(preamble.stamps, [](const AbiPreamble::Stamp &stamp) { return stamp_of(stamp.path) == stamp; });
}

/// Null when the header does not compile with these flags: the plain compile then says why.
std::shared_ptr<const AbiPreamble> make(const clang::CompilerInvocation &invocation) {
  const std::string name = "/.graft/preamble.h";
  const auto text = llvm::MemoryBuffer::getMemBuffer("#include <graft/abi.h>\n");
  auto preamble = std::make_shared<AbiPreamble>();
  auto buffer = std::make_shared<clang::PCHBuffer>();
  DiagnosticCollector collector;
  PreambleAction action(buffer, preamble->inputs);
  FrontEnd({invocation, name, *text, /*headers=*/{}, /*head=*/nullptr, &preamble->inputs.trace}, action, collector).run();
  if (collector.failed() || !buffer->IsComplete) return nullptr;
  preamble->bytes.assign(buffer->Data.begin(), buffer->Data.end());
  for (const HeaderFacts &file : preamble->inputs.read) preamble->stamps.push_back(stamp_of(file.path));
  return preamble;
}

} // namespace

std::shared_ptr<const AbiPreamble> AbiPreambleCache::find(const clang::CompilerInvocation &invocation,
                                                          const SourceText &text) {
  const clang::PreprocessorOptions &options = invocation.getPreprocessorOpts();
  if (!options.Includes.empty() || !options.MacroIncludes.empty() || !options.ImplicitPCHInclude.empty()) return nullptr;
  if (!begins_with_the_abi(text.buffer->getBuffer())) return nullptr;
  std::shared_ptr<const AbiPreamble> known;
  {
    MutexLock lock(mutex_);
    if (++asked_ == 1) return nullptr;
    known = preamble_;
  }
  if (known && is_fresh(*known)) return known;
  known = make(invocation); // without the lock: two may make it at once, and either will do
  MutexLock lock(mutex_);
  preamble_ = known;
  return known;
}

} // namespace graft::driver
