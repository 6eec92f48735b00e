// See names.hpp.
#include "names.hpp"

#include "../diagnostics.hpp"

#include <clang/AST/DeclContextInternals.h>
#include <clang/AST/DeclTemplate.h>
#include <clang/Basic/CharInfo.h>
#include <clang/Lex/HeaderSearch.h>
#include <clang/Lex/Preprocessor.h>
#include <clang/Sema/Sema.h>
#include <llvm/Support/Path.h>
#include <llvm/Support/VirtualFileSystem.h>

#include <functional>
#include <optional>
#include <set>

namespace graft::driver {
namespace {

const clang::CXXMethodDecl *find_arrow(clang::Sema &sema, const clang::CXXRecordDecl &record) {
  if (!record.hasDefinition()) return nullptr;
  for (const clang::NamedDecl *one : record.lookup(sema.Context.DeclarationNames.getCXXOperatorName(clang::OO_Arrow)))
    if (const auto *method = llvm::dyn_cast<clang::CXXMethodDecl>(one)) return method;
  for (const clang::CXXBaseSpecifier &base : record.bases())
    if (const auto *of = base.getType()->getAsCXXRecordDecl())
      if (const clang::CXXMethodDecl *method = find_arrow(sema, *of)) return method;
  return nullptr;
}

/// What `->` behind a value of `type` is of: smart pointers and contracts say that themselves.
clang::QualType behind_arrow(clang::Sema &sema, clang::QualType type) {
  for (int depth = 0; depth < 8; ++depth) {
    const auto *record = type->getAsCXXRecordDecl();
    const clang::CXXMethodDecl *arrow = record != nullptr ? find_arrow(sema, *record) : nullptr;
    if (arrow == nullptr) break;
    type = arrow->getReturnType().getNonReferenceType();
  }
  return type;
}

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
    const bool has_arrow = llvm::StringRef(path).slice(end, at).contains("->");
    if (word.empty()) continue;
    const auto results = context->lookup(&sema.Context.Idents.get(word));
    if (results.empty()) return nullptr;
    found = results.front();
    for (clang::NamedDecl *one : results)
      if (llvm::isa<clang::VarDecl>(one)) found = one; // a variable hides a type of its name
    clang::QualType type;
    if (const auto *value = llvm::dyn_cast<clang::ValueDecl>(found)) type = value->getType().getNonReferenceType();
    if (const auto *alias = llvm::dyn_cast<clang::TypedefNameDecl>(found)) type = alias->getUnderlyingType();
    if (!type.isNull() && has_arrow) type = behind_arrow(sema, type);
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

namespace {

/// A class is a member of itself, by its name.
bool is_own_name(const clang::DeclContext &where, clang::DeclarationName name) {
  const auto *record = llvm::dyn_cast<clang::RecordDecl>(&where);
  return record != nullptr && record->getDeclName() == name;
}

/// What `text` includes as far as it is written; nothing when it includes nothing.
std::optional<std::string> begun_header(llvm::StringRef text) {
  text = text.ltrim();
  if (text.consume_front("%include")) {
    text = text.ltrim();
    text.consume_front("<");
    return text.str();
  }
  if (!text.consume_front("#")) return std::nullopt;
  text = text.ltrim();
  if (!text.consume_front("include")) return std::nullopt;
  text = text.ltrim();
  if (!text.consume_front("<")) return std::nullopt;
  return text.str();
}

/// Headers where the compiler looks for them, each by the part behind its last slash.
std::vector<std::string> headers_like(const clang::Preprocessor &preprocessor, const std::string &begun) {
  const std::size_t slash = begun.rfind('/');
  const std::string folder = slash == begun.npos ? std::string() : begun.substr(0, slash + 1);
  const std::string word = slash == begun.npos ? begun : begun.substr(slash + 1);
  std::set<std::string> found;
  llvm::vfs::FileSystem &files = preprocessor.getFileManager().getVirtualFileSystem();
  const clang::HeaderSearch &search = preprocessor.getHeaderSearchInfo();
  for (const clang::DirectoryLookup &place : llvm::make_range(search.search_dir_begin(), search.search_dir_end())) {
    if (!place.isNormalDir()) continue;
    std::error_code failure;
    for (auto entry = files.dir_begin(place.getName() + "/" + folder, failure); !failure && entry != llvm::vfs::directory_iterator();
         entry.increment(failure)) {
      const llvm::StringRef name = llvm::sys::path::filename(entry->path());
      const llvm::StringRef extension = llvm::sys::path::extension(name);
      if (!name.starts_with(word) || (word.empty() && name.starts_with("_")) || name.starts_with(".")) continue;
      if (entry->type() == llvm::sys::fs::file_type::directory_file)
        found.insert(name.str() + "/");
      else if (extension.empty() || extension == ".h" || extension == ".hpp" || extension == ".hh" || extension == ".hxx")
        found.insert(name.str());
    }
  }
  return {found.begin(), found.end()};
}

} // namespace

std::vector<std::string> complete(clang::Sema &sema, const std::string &text) {
  if (const std::optional<std::string> header = begun_header(text)) return headers_like(sema.getPreprocessor(), *header);
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
        if (!name.isIdentifier() || list.isNull() || is_own_name(where, name)) continue;
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
