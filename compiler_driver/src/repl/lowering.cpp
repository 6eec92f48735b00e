// See lowering.hpp.
#include "lowering.hpp"

#include "../back_end.hpp"
#include "../stack_checks.hpp"
#include "../warm_back_end.hpp"
#include "unlink.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/Basic/CodeGenOptions.h>
#include <clang/CodeGen/BackendUtil.h>
#include <clang/Frontend/CompilerInstance.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Transforms/Utils/Cloning.h>

namespace graft::driver {
namespace {

bool wants_passes(const llvm::Function &function) {
  if (function.isDeclaration()) return function.getName().starts_with("llvm.coro.");
  return function.hasFnAttribute(llvm::Attribute::AlwaysInline) || function.isPresplitCoroutine();
}

} // namespace

Lowering::Lowering(clang::CompilerInstance &compiler, WarmBackEnd &back_end, llvm::LLVMContext &context, Recorder &recorder)
    : compiler_(compiler), back_end_(back_end), context_(context), recorder_(recorder), waiting_(compiler.getASTContext()) {}

void Lowering::lower(Increment &increment) {
  called_.clear();
  // Debug information is told in the order of the text.
  const bool may_wait = !keep_ && compiler_.getCodeGenOpts().getDebugInfo() == llvm::codegenoptions::NoDebugInfo;
  if (may_wait) recorder_.take_out([this](clang::DeclGroupRef group) { return waiting_.take(group); });
  if (recorder_.is_empty()) return;
  std::unique_ptr<llvm::Module> module = generate();
  if (!module) return;
  if (keep_) keep_text(*module);
  modules_.begin_input();
  if (!modules_.add(std::move(module), recorder_.generator())) return;
  for (;;) {
    const std::vector<clang::Decl *> called = waiting_.call(modules_.wanted());
    if (called.empty()) break;
    called_.insert(called.begin(), called.end());
    for (clang::Decl *one : called) recorder_.HandleTopLevelDecl(clang::DeclGroupRef(one));
    module = generate();
    if (!module) return;
    modules_.add(std::move(module), recorder_.generator());
  }
  modules_.flush(increment, [this](llvm::Module &one, std::vector<char> &out) { emit(one, out); });
}

/// Nothing when that went wrong; then Clang has said why.
std::unique_ptr<llvm::Module> Lowering::generate() {
  recorder_.replay(compiler_.getASTContext());
  std::unique_ptr<llvm::Module> module = recorder_.generator().ReleaseModule();
  recorder_.generator().StartModule("input_" + std::to_string(++generated_), context_);
  return compiler_.getDiagnostics().hasErrorOccurred() ? nullptr : std::move(module);
}

void Lowering::take_back(Increment &increment) {
  const clang::TranslationUnitDecl &newest = *compiler_.getASTContext().getTranslationUnitDecl();
  for (const std::string &symbol : increment.undefined)
    if (const clang::Decl *one = recorder_.generator().GetDeclForMangledName(symbol); one != nullptr && !defines(symbol))
      make_again(const_cast<clang::Decl &>(*one)); // a template's that has no definition so far
  for (const std::string &symbol : modules_.take_back(increment)) {
    const clang::Decl *one = recorder_.generator().GetDeclForMangledName(symbol);
    if (one == nullptr) continue;
    if (called_.contains(one))
      waiting_.take(clang::DeclGroupRef(const_cast<clang::Decl *>(one)));
    else
      recorder_.tell_again(*one, newest);
  }
}

/// IR or assembly of what the input itself says; assembly is made of a copy, since emitting changes a module.
void Lowering::keep_text(llvm::Module &module) {
  kept_.clear();
  if (*keep_ == Text::kIr) {
    llvm::raw_string_ostream stream(kept_);
    module.print(stream, /*AAW=*/nullptr);
    return;
  }
  const std::unique_ptr<llvm::Module> copy = llvm::CloneModule(module);
  mark_stack_users(*copy, compiler_.getLangOpts(), &recorder_.generator());
  add_stack_checks(*copy); // before optimisation, where there is any: otherwise LLVM would show checks of its own
  llvm::SmallVector<char, 0> bytes;
  clang::emitBackendOutput(compiler_, compiler_.getCodeGenOpts(), compiler_.getTarget().getDataLayoutString(), copy.get(),
                           clang::Backend_EmitAssembly, compiler_.getVirtualFileSystemPtr(),
                           std::make_unique<llvm::raw_svector_ostream>(bytes));
  kept_.assign(bytes.begin(), bytes.end());
}

void Lowering::emit(llvm::Module &module, std::vector<char> &out) {
  mark_stack_users(module, compiler_.getLangOpts(), &recorder_.generator());
  // Without optimisation Clang's passes do nothing to most inputs, and take longer than all the rest.
  const bool is_plain = compiler_.getCodeGenOpts().OptimizationLevel == 0 && std::ranges::none_of(module, wants_passes);
  if (is_plain && WarmBackEnd::suits(compiler_)) {
    add_stack_checks(module);
    if (back_end_.emit(compiler_, module, out)) return;
  }
  emit_object(compiler_, module, out);
}

} // namespace graft::driver
