// See unnamed.hpp. A place is the declaration's, and what Clang would call it in a diagnostic: that tells the lambdas apart
// which a template was instantiated with.
#include "unnamed.hpp"

#include "diagnostics.hpp"

#include <graft/base/hash.hpp>

#include <clang/AST/ASTContext.h>
#include <clang/AST/Decl.h>
#include <clang/Basic/SourceManager.h>
#include <clang/CodeGen/ModuleBuilder.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/raw_ostream.h>

namespace graft::driver {
namespace {

/// The variable that a guard guards, or the symbol itself.
std::string declared_name(llvm::StringRef symbol) {
  return symbol.consume_front("_ZGV") ? "_Z" + symbol.str() : symbol.str();
}

std::string place_of(const clang::NamedDecl &declaration, const clang::ASTContext &context) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  declaration.getNameForDiagnostic(stream, context.getPrintingPolicy(), /*Qualified=*/true);
  if (const auto *value = llvm::dyn_cast<clang::ValueDecl>(&declaration))
    stream << value->getType().getAsString(context.getPrintingPolicy());
  const clang::SourceManager &sources = context.getSourceManager();
  for (const clang::SourceLocation where :
       {sources.getSpellingLoc(declaration.getLocation()), sources.getExpansionLoc(declaration.getLocation())})
    stream << to_string(position(sources, where));
  return text;
}

} // namespace

bool is_numbered(llvm::StringRef name) { return name.contains("$_"); }

void name_by_place(clang::CodeGenerator &generator, llvm::Module &module, const clang::ASTContext &context, Role role,
                   Facts &facts) {
  llvm::StringMap<std::vector<llvm::GlobalValue *>> placed;
  for (llvm::GlobalValue &value : module.global_values()) {
    if (!value.hasLocalLinkage() || !is_numbered(value.getName())) continue;
    const auto *declaration =
        llvm::dyn_cast_or_null<clang::NamedDecl>(generator.GetDeclForMangledName(declared_name(value.getName())));
    std::string place = declaration != nullptr ? place_of(*declaration, context) : std::string();
    if (!place.empty() && value.getName().starts_with("_ZGV")) place += " guard";
    placed[place].push_back(&value);
  }
  for (const auto &[place, values] : placed)
    for (llvm::GlobalValue *value : values) {
      const bool is_known = !place.empty() && values.size() == 1;
      if (!is_known && role != Role::kSecond) continue;
      const std::string old = value->getName().str();
      value->setName(old +
                     (is_known ? "." + llvm::utohexstr(fnv1a64(place), /*LowerCase=*/true) : std::string(".unplaced")));
      for (NoexceptFacts &known : facts.noexcepts)
        if (known.symbol == old) known.symbol = value->getName().str();
    }
}

} // namespace graft::driver
