// See statements.hpp.
#include "statements.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/Decl.h>
#include <clang/Lex/Lexer.h>
#include <clang/Lex/Preprocessor.h>
#include <clang/Parse/Parser.h>
#include <clang/Sema/Sema.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace graft::driver {

std::string without_pragma_once(std::string text) {
  for (std::size_t at = 0; (at = text.find("pragma", at)) != text.npos; at += 6) {
    const std::size_t line = text.rfind('\n', at) + 1; // 0 when there is none
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const llvm::StringRef before = llvm::StringRef(text).slice(line, at).trim();
    const llvm::StringRef behind = llvm::StringRef(text).slice(at + 6, end).trim();
    if (before == "#" && behind.split(' ').first == "once") text.replace(line, end - line, end - line, ' ');
  }
  return text;
}

void lead_in_sign(clang::Parser &parser, clang::Preprocessor &preprocessor) {
  const clang::Token sign = parser.getCurToken();
  if (!sign.isOneOf(clang::tok::plus, clang::tok::minus)) return;
  const auto made = [&](clang::tok::TokenKind kind) {
    clang::Token token;
    token.startToken();
    token.setKind(kind);
    token.setLocation(sign.getLocation());
    return token;
  };
  auto tokens = std::make_unique<clang::Token[]>(6);
  clang::Token zero = made(clang::tok::numeric_constant);
  zero.setLength(1);
  zero.setLiteralData("0");
  clang::Token of_nothing = made(clang::tok::kw_void);
  of_nothing.setIdentifierInfo(preprocessor.getIdentifierInfo("void"));
  const std::array all = {made(clang::tok::l_paren), of_nothing, made(clang::tok::r_paren), zero, made(clang::tok::comma), sign};
  std::ranges::copy(all, tokens.get());
  preprocessor.EnterTokenStream(std::move(tokens), all.size(), /*DisableMacroExpansion=*/true, /*IsReinject=*/true);
  parser.ConsumeAnyToken(); // the sign, which comes again
}

void enter_unexpanded(clang::Preprocessor &preprocessor, const std::string &text, const char *name) {
  clang::SourceManager &sources = preprocessor.getSourceManager();
  const clang::SourceLocation before = sources.getLocForStartOfFile(sources.getMainFileID());
  const clang::FileID file = sources.createFileID(llvm::MemoryBuffer::getMemBufferCopy(text, name), clang::SrcMgr::C_User,
                                                  /*LoadedID=*/0, /*LoadedOffset=*/0, before);
  clang::Lexer lexer(file, sources.getBufferOrFake(file), sources, preprocessor.getLangOpts());
  std::vector<clang::Token> tokens;
  for (clang::Token token;;) {
    lexer.LexFromRawLexer(token);
    if (token.is(clang::tok::eof)) break;
    if (token.is(clang::tok::raw_identifier)) preprocessor.LookUpIdentifierInfo(token);
    tokens.push_back(token);
  }
  auto kept = std::make_unique<clang::Token[]>(tokens.size());
  std::ranges::copy(tokens, kept.get());
  preprocessor.EnterTokenStream(std::move(kept), static_cast<unsigned>(tokens.size()), /*DisableMacroExpansion=*/true,
                                /*IsReinject=*/false);
}

void give_home(clang::Sema &sema, clang::TopLevelStmtDecl &statement, const std::string &name) {
  if (statement.decls_empty()) return;
  clang::ASTContext &context = sema.Context;
  const clang::SourceLocation place = statement.getBeginLoc();
  const clang::QualType type = context.getFunctionType(context.VoidTy, {}, clang::FunctionProtoType::ExtProtoInfo());
  clang::FunctionDecl *home =
      clang::FunctionDecl::Create(context, context.getTranslationUnitDecl(), place, place, &context.Idents.get(name), type,
                                  context.getTrivialTypeSourceInfo(type, place), clang::SC_None);
  for (clang::Decl *one : statement.decls()) one->setDeclContext(home);
}

} // namespace graft::driver
