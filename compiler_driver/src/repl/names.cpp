// See names.hpp.
#include "names.hpp"

#include "../diagnostics.hpp"

#include <clang/AST/DeclContextInternals.h>
#include <clang/AST/DeclTemplate.h>
#include <clang/Basic/CharInfo.h>
#include <clang/Lex/Preprocessor.h>
#include <clang/Sema/Sema.h>

#include <functional>
#include <set>

namespace graft::driver {
namespace {

/// What the last of `path`'s parts ("std::vector", "point.x" looked up by the type of a variable) is in; null: not found.
clang::NamedDecl *find_place(clang::Sema &sema, const std::string &path, clang::DeclContext *&context) {
  context = sema.Context.getTranslationUnitDecl()->getPrimaryContext();
  clang::NamedDecl *found = nullptr;
  for (std::size_t at = 0; at < path.size();) {
    std::size_t end = at;
    while (end < path.size() && (clang::isAsciiIdentifierContinue(path[end]))) ++end;
    const llvm::StringRef word(path.data() + at, end - at);
    at = end;
    while (at < path.size() && !clang::isAsciiIdentifierContinue(path[at])) ++at;
    if (word.empty()) continue;
    const auto results = context->lookup(&sema.Context.Idents.get(word));
    if (results.empty()) return nullptr;
    found = results.front();
    for (clang::NamedDecl *one : results)
      if (llvm::isa<clang::VarDecl>(one)) found = one; // a variable hides a type of its name
    clang::QualType type;
    if (const auto *value = llvm::dyn_cast<clang::ValueDecl>(found)) type = value->getType().getNonReferenceType();
    if (const auto *alias = llvm::dyn_cast<clang::TypedefNameDecl>(found)) type = alias->getUnderlyingType();
    if (!type.isNull() && type->isPointerType()) type = type->getPointeeType();
    clang::DeclContext *inner = nullptr;
    if (!type.isNull()) {
      inner = type->getAsTagDecl();
    } else if (const auto *made_from = llvm::dyn_cast<clang::ClassTemplateDecl>(found)) {
      inner = made_from->getTemplatedDecl();
    } else {
      inner = llvm::dyn_cast<clang::DeclContext>(found);
    }
    if (at >= path.size()) return found;
    if (inner == nullptr) return nullptr;
    context = inner;
    if (auto *tag = llvm::dyn_cast<clang::TagDecl>(inner); tag != nullptr && tag->getDefinition() != nullptr)
      context = tag->getDefinition();
    context = context->getPrimaryContext();
  }
  return found;
}

} // namespace

std::vector<std::string> describe(clang::Sema &sema, const std::string &name) {
  std::vector<std::string> result;
  clang::DeclContext *context = nullptr;
  const clang::NamedDecl *first = find_place(sema, name, context);
  if (first == nullptr) return result;
  clang::PrintingPolicy policy(sema.getLangOpts());
  policy.TerseOutput = true;
  policy.PolishForDeclaration = true;
  for (const clang::NamedDecl *one : context->lookup(first->getDeclName())) {
    std::string text;
    if (const clang::RawComment *comment = sema.Context.getRawCommentForAnyRedecl(one))
      text = comment->getFormattedText(sema.getSourceManager(), sema.getDiagnostics()) + "\n";
    llvm::raw_string_ostream stream(text);
    one->print(stream, policy);
    const SourcePos place = position(sema.getSourceManager(), one->getLocation());
    if (!place.file.empty()) text += "\n  at " + to_string(place);
    result.push_back(text);
  }
  return result;
}

std::vector<std::string> complete(clang::Sema &sema, const std::string &text) {
  std::size_t begin = text.size();
  while (begin > 0 && clang::isAsciiIdentifierContinue(text[begin - 1])) --begin;
  const std::string word = text.substr(begin);
  std::size_t from = begin; // of "a.b->", "x::" before the word
  for (;;) {
    if (from >= 2 && (text.compare(from - 2, 2, "::") == 0 || text.compare(from - 2, 2, "->") == 0))
      from -= 2;
    else if (from >= 1 && text[from - 1] == '.')
      from -= 1;
    else if (from >= 1 && from < begin && clang::isAsciiIdentifierContinue(text[from - 1]))
      while (from > 0 && clang::isAsciiIdentifierContinue(text[from - 1])) --from;
    else
      break;
  }
  std::set<std::string> words;
  clang::DeclContext *context = sema.Context.getTranslationUnitDecl()->getPrimaryContext();
  if (from != begin && find_place(sema, text.substr(from, begin - from) + "_", context) == nullptr &&
      context == sema.Context.getTranslationUnitDecl()->getPrimaryContext())
    return {};
  const std::function<void(clang::DeclContext &)> collect = [&](clang::DeclContext &where) {
    if (where.getPrimaryContext()->buildLookup() != nullptr)
      for (const auto &[name, list] : *where.getPrimaryContext()->getLookupPtr()) {
        if (!name.isIdentifier() || list.isNull()) continue;
        const std::string one = name.getAsString();
        const bool is_reserved = one.starts_with("_") || one.starts_with("graft_");
        if (one.starts_with(word) && (!is_reserved || !word.empty())) words.insert(one);
      }
    if (const auto *record = llvm::dyn_cast<clang::CXXRecordDecl>(&where); record != nullptr && record->hasDefinition())
      for (const clang::CXXBaseSpecifier &base : record->bases())
        if (auto *of = base.getType()->getAsCXXRecordDecl()) collect(*of);
  };
  collect(*context);
  if (from == begin)
    for (const auto &[name, info] : sema.getPreprocessor().getIdentifierTable())
      if (info->isKeyword(sema.getLangOpts()) && name.starts_with(word) && !name.starts_with("_")) words.insert(name.str());
  return {words.begin(), words.end()};
}

} // namespace graft::driver
