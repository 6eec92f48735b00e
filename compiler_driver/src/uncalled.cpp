// See uncalled.hpp.
#include "uncalled.hpp"

#include "drop_dead.hpp"
#include "global_names.hpp"

#include <clang/AST/ASTConsumer.h>
#include <clang/AST/RecursiveASTVisitor.h>
#include <clang/CodeGen/ModuleBuilder.h>
#include <clang/Frontend/CompilerInstance.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/Path.h>
#include <llvm/Transforms/Utils/ModuleUtils.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace graft::driver {
namespace {

constexpr const char *kSection = "graft_uncalled";

using Line = std::pair<std::string, unsigned>;

bool is_own(const clang::Decl &declaration) {
  const clang::SourceManager &sources = declaration.getASTContext().getSourceManager();
  const clang::SourceLocation place = declaration.getLocation();
  return !declaration.isFromASTFile() && !sources.isInSystemHeader(sources.getExpansionLoc(place)) &&
         !sources.isInSystemMacro(place); // what graft's own macros define nobody wrote
}

/// Whether Clang leaves it out until somebody calls it.
bool waits_for_a_call(const clang::FunctionDecl &function) {
  if (!function.doesThisDeclarationHaveABody() || function.isDependentContext() || function.isDefaulted() ||
      function.isImmediateFunction() || function.isMultiVersion() || function.isInvalidDecl() || !is_own(function))
    return false;
  const clang::GVALinkage linkage = function.getASTContext().GetGVALinkageForFunction(&function);
  return linkage == clang::GVA_Internal || linkage == clang::GVA_DiscardableODR;
}

class Emitter : public clang::ASTConsumer, public clang::RecursiveASTVisitor<Emitter> {
 public:
  Emitter(clang::CompilerInstance &compiler, clang::CodeGenerator &generator) : compiler_(compiler), generator_(generator) {}

  bool HandleTopLevelDecl(clang::DeclGroupRef group) override {
    for (clang::Decl *declaration : group)
      if (!declaration->isFromASTFile()) TraverseDecl(declaration);
    return true;
  }
  void HandleTranslationUnit(clang::ASTContext &) override {
    if (compiler_.getDiagnostics().hasErrorOccurred()) return;
    for (const clang::FunctionDecl *function : functions_)
      if (waits_for_a_call(*function)) generator_.GetAddrOfGlobal(base_of(*function), /*isForDefinition=*/false);
  }

  bool VisitFunctionDecl(clang::FunctionDecl *function) {
    if (function->doesThisDeclarationHaveABody()) functions_.push_back(function);
    return true;
  }

 private:
  static clang::GlobalDecl base_of(const clang::FunctionDecl &function) {
    if (const auto *constructor = llvm::dyn_cast<clang::CXXConstructorDecl>(&function))
      return {constructor, clang::Ctor_Base};
    if (const auto *destructor = llvm::dyn_cast<clang::CXXDestructorDecl>(&function)) return {destructor, clang::Dtor_Base};
    return {&function};
  }

  clang::CompilerInstance &compiler_;
  clang::CodeGenerator &generator_;
  std::vector<const clang::FunctionDecl *> functions_;
};

const clang::FunctionDecl *declared_as(clang::CodeGenerator &generator, const llvm::Function &function) {
  return llvm::dyn_cast_or_null<clang::FunctionDecl>(generator.GetDeclForMangledName(function.getName()));
}

/// As line tables name it.
std::string path_of(const llvm::DIScope &scope) {
  if (llvm::sys::path::is_absolute(scope.getFilename())) return scope.getFilename().str();
  llvm::SmallString<128> path(scope.getDirectory());
  llvm::sys::path::append(path, scope.getFilename());
  return path.str().str();
}

/// Those that its line table would have.
std::set<Line> lines_of(const llvm::Function &function) {
  std::set<Line> lines;
  const llvm::DISubprogram *program = function.getSubprogram();
  if (program == nullptr) return lines;
  if (program->getLine() != 0) lines.emplace(path_of(*program), program->getLine());
  for (const llvm::Instruction &instruction : llvm::instructions(function))
    if (const llvm::DILocation *place = instruction.getDebugLoc().get(); place != nullptr && place->getLine() != 0)
      lines.emplace(path_of(*place->getScope()), place->getLine());
  return lines;
}

/// {const char *file, uint64_t line}[]
void add_records(llvm::Module &module, const std::set<Line> &lines) {
  if (lines.empty()) return;
  llvm::LLVMContext &context = module.getContext();
  llvm::Type *number = llvm::Type::getInt64Ty(context);
  llvm::StructType *record = llvm::StructType::get(llvm::PointerType::getUnqual(context), number);
  std::vector<llvm::Constant *> records;
  llvm::GlobalVariable *file = nullptr;
  const std::string *named = nullptr;
  for (const Line &line : lines) {
    if (named == nullptr || *named != line.first) {
      llvm::Constant *text = llvm::ConstantDataArray::getString(context, line.first);
      file = new llvm::GlobalVariable(module, text->getType(), /*isConstant=*/true, llvm::GlobalValue::PrivateLinkage, text);
    }
    named = &line.first;
    records.push_back(llvm::ConstantStruct::get(record, {file, llvm::ConstantInt::get(number, line.second)}));
  }
  llvm::Constant *all = llvm::ConstantArray::get(llvm::ArrayType::get(record, records.size()), records);
  auto *set = new llvm::GlobalVariable(module, all->getType(), /*isConstant=*/true, llvm::GlobalValue::InternalLinkage, all,
                                       "graft_uncalled_lines");
  set->setSection(kSection);
  set->setAlignment(llvm::Align(8));
  llvm::appendToCompilerUsed(module, {set});
}

/// The complete variant is the base's with the virtual bases around it, and has the same lines.
void count_one_variant(clang::ASTContext &context, clang::CodeGenerator &generator, llvm::Module &module) {
  GlobalNames names(context);
  for (llvm::Function &function : module) {
    if (function.isDeclaration()) continue;
    const clang::FunctionDecl *declaration = declared_as(generator, function);
    if (!llvm::isa_and_nonnull<clang::CXXConstructorDecl, clang::CXXDestructorDecl>(declaration)) continue;
    const auto variants = variants_of(*declaration);
    const llvm::Function *base = module.getFunction(names.of(variants[1]));
    if (base != nullptr && base != &function && !base->isDeclaration())
      function.addFnAttr(llvm::Attribute::NoSanitizeCoverage);
  }
}

} // namespace

bool counts_coverage(const clang::CompilerInstance &compiler) { return compiler.getCodeGenOpts().hasSanitizeCoverage(); }

std::unique_ptr<clang::ASTConsumer> make_uncalled_emitter(clang::CompilerInstance &compiler,
                                                          clang::CodeGenerator &generator) {
  return std::make_unique<Emitter>(compiler, generator);
}

void replace_uncalled(clang::CompilerInstance &compiler, clang::CodeGenerator &generator, llvm::Module &module) {
  std::vector<std::pair<std::string, std::set<Line>>> may_go;
  for (const llvm::Function &function : module) {
    if (function.isDeclaration() || !function.isDiscardableIfUnused()) continue;
    const clang::FunctionDecl *declaration = declared_as(generator, function);
    if (declaration != nullptr && is_own(*declaration)) may_go.emplace_back(function.getName().str(), lines_of(function));
  }
  drop_dead(module);
  std::set<Line> lines;
  for (const auto &[name, its] : may_go)
    if (const llvm::Function *function = module.getFunction(name); function == nullptr || function->isDeclaration())
      lines.insert(its.begin(), its.end());
  add_records(module, lines);
  count_one_variant(compiler.getASTContext(), generator, module);
}

} // namespace graft::driver
