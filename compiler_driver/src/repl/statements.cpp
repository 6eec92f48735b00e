// See statements.hpp.
#include "statements.hpp"

#include <clang/AST/ASTContext.h>
#include <clang/AST/Decl.h>
#include <clang/AST/DynamicRecursiveASTVisitor.h>
#include <clang/Lex/Lexer.h>
#include <clang/Lex/Preprocessor.h>
#include <clang/Parse/Parser.h>
#include <clang/Sema/Sema.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace graft::driver {
namespace {

// Rationale: whether a statement comes next is the parser's own question, and it has no public name. An explicit
// instantiation may name what is private; the other way is a copy of all that tells a declaration from an expression.
template <auto Member>
struct Opened {
  friend bool is_declaration(clang::Parser &parser) { return (parser.*Member)(/*DisambiguatingWithExpression=*/true); }
};
bool is_declaration(clang::Parser &parser);
template struct Opened<&clang::Parser::isDeclarationStatement>;

/// False for some that begin with an attribute: whether those are statements is not known before it is read.
bool is_before_statement(clang::Parser &parser) {
  const clang::Token &token = parser.getCurToken();
  if (token.isOneOf(clang::tok::semi, clang::tok::r_brace, clang::tok::eof, clang::tok::annot_repl_input_end, clang::tok::at,
                    clang::tok::kw_export, clang::tok::kw_template, clang::tok::kw___attribute, clang::tok::kw_alignas,
                    clang::tok::kw___extension__))
    return false;
  if (token.is(clang::tok::l_square) && parser.getPreprocessor().LookAhead(/*N=*/0).is(clang::tok::l_square)) return false;
  if (token.isAnnotation() &&
      !token.isOneOf(clang::tok::annot_cxxscope, clang::tok::annot_typename, clang::tok::annot_template_id))
    return false;
  return !is_declaration(parser);
}

/// Where something returns to: functions and lambdas inside of a statement.
class Bodies : public clang::DynamicRecursiveASTVisitor {
 public:
  bool VisitLambdaExpr(clang::LambdaExpr *lambda) override { return add(lambda->getBody()); }
  bool VisitFunctionDecl(clang::FunctionDecl *function) override {
    return !function->doesThisDeclarationHaveABody() || add(function->getBody());
  }
  bool VisitBlockExpr(clang::BlockExpr *block) override { return add(block->getBody()); }

  bool have(clang::SourceLocation place, const clang::SourceManager &sources) const {
    return llvm::any_of(ranges_, [&](clang::SourceRange one) {
      return !sources.isBeforeInTranslationUnit(place, one.getBegin()) &&
             sources.isBeforeInTranslationUnit(place, one.getEnd());
    });
  }

 private:
  bool add(const clang::Stmt *body) {
    if (body != nullptr) ranges_.push_back(body->getSourceRange());
    return true;
  }

  std::vector<clang::SourceRange> ranges_;
};

/// The first `return` in `range`, the end not included, that is not in one of `bodies`.
clang::SourceLocation find_return(clang::Sema &sema, clang::SourceRange range, const Bodies &bodies) {
  const clang::SourceManager &sources = sema.getSourceManager();
  const auto [file, begin] = sources.getDecomposedExpansionLoc(range.getBegin());
  const auto [last_file, end] = sources.getDecomposedExpansionLoc(range.getEnd());
  const llvm::StringRef text = sources.getBufferData(file);
  if (file != last_file || !text.slice(begin, end).contains("return")) return {};
  clang::Lexer lexer(sources.getLocForStartOfFile(file), sema.getLangOpts(), text.begin(), text.begin() + begin, text.end());
  for (clang::Token token;;) {
    lexer.LexFromRawLexer(token);
    if (token.is(clang::tok::eof) || sources.getFileOffset(token.getLocation()) >= end) return {};
    if (token.is(clang::tok::raw_identifier) && token.getRawIdentifier() == "return" &&
        !bodies.have(token.getLocation(), sources))
      return token.getLocation();
  }
}

} // namespace

StatementScope::StatementScope(clang::Parser &parser, clang::Sema &sema)
    : sema_(sema), is_open_(is_before_statement(parser)) {
  if (is_open_) before_ = sema_.PushParsingDeclaration(pool_);
}

void StatementScope::finish(clang::Decl *parsed) {
  if (std::exchange(is_open_, false)) sema_.PopParsingDeclaration(before_, parsed);
}

void refuse_returns(clang::Sema &sema, clang::TopLevelStmtDecl &statement, clang::SourceRange range) {
  const bool is_empty = statement.getStmt() == nullptr;
  if (is_empty) statement.setStmt(new (sema.Context) clang::NullStmt(range.getBegin()));
  Bodies bodies;
  bodies.TraverseStmt(statement.getStmt());
  clang::SourceLocation found = find_return(sema, range, bodies);
  if (is_empty && found.isInvalid()) found = range.getBegin(); // in a macro
  clang::DiagnosticsEngine &engine = sema.getDiagnostics();
  if (found.isInvalid() || engine.hasErrorOccurred()) return;
  sema.Diag(found, engine.getCustomDiagID(clang::DiagnosticsEngine::Error, "'return' outside of a function"));
}

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

namespace {

/// Of a statement: a file's has neither operands nor qualifiers.
bool is_assembly_statement(const clang::Token &token, clang::Preprocessor &preprocessor) {
  if (!token.is(clang::tok::kw_asm)) return false;
  if (!preprocessor.LookAhead(/*N=*/0).is(clang::tok::l_paren)) return true;
  unsigned behind = 1;
  while (clang::tok::isStringLiteral(preprocessor.LookAhead(behind).getKind())) ++behind;
  return preprocessor.LookAhead(behind).isOneOf(clang::tok::colon, clang::tok::coloncolon);
}

clang::Token make_token(clang::tok::TokenKind kind, clang::SourceLocation place, clang::IdentifierInfo *name = nullptr) {
  clang::Token token;
  token.startToken();
  token.setKind(kind);
  token.setLocation(place);
  if (name != nullptr) token.setIdentifierInfo(name);
  return token;
}

clang::Token make_number(const char *digit, clang::SourceLocation place) {
  clang::Token token = make_token(clang::tok::numeric_constant, place);
  token.setLength(1);
  token.setLiteralData(digit);
  return token;
}

} // namespace

bool refuse_module(clang::Parser &parser, clang::Sema &sema) {
  const clang::Token first = parser.getCurToken();
  clang::Preprocessor &preprocessor = sema.getPreprocessor();
  const bool is_exported = first.is(clang::tok::kw_export);
  const clang::Token word = is_exported ? preprocessor.LookAhead(/*N=*/0) : first;
  const clang::IdentifierInfo *name = word.isAnnotation() ? nullptr : word.getIdentifierInfo();
  if (name == nullptr || !name->isStr("module") || !sema.getLangOpts().CPlusPlusModules) return false;
  const clang::Token &next = preprocessor.LookAhead(is_exported ? 1 : 0);
  if (!next.isOneOf(clang::tok::identifier, clang::tok::semi, clang::tok::colon)) return false;
  clang::DiagnosticsEngine &engine = sema.getDiagnostics();
  sema.Diag(word.getLocation(), engine.getCustomDiagID(clang::DiagnosticsEngine::Error, "a session is no module"));
  parser.SkipUntil(clang::tok::semi);
  return true;
}

void lead_in(clang::Parser &parser, clang::Preprocessor &preprocessor) {
  const clang::Token first = parser.getCurToken();
  const clang::SourceLocation place = first.getLocation();
  const auto name = [&](const char *text) { return preprocessor.getIdentifierInfo(text); };
  std::vector<clang::Token> tokens;
  if (first.isOneOf(clang::tok::plus, clang::tok::minus))
    tokens = {make_token(clang::tok::l_paren, place), make_token(clang::tok::kw_void, place, name("void")),
              make_token(clang::tok::r_paren, place), make_number("0", place), make_token(clang::tok::comma, place)};
  else if (is_assembly_statement(first, preprocessor))
    tokens = {make_token(clang::tok::kw_if, place, name("if")), make_token(clang::tok::l_paren, place),
              make_number("1", place), make_token(clang::tok::r_paren, place)};
  else
    return;
  tokens.push_back(first);
  auto all = std::make_unique<clang::Token[]>(tokens.size());
  std::ranges::copy(tokens, all.get());
  preprocessor.EnterTokenStream(std::move(all), static_cast<unsigned>(tokens.size()), /*DisableMacroExpansion=*/true,
                                /*IsReinject=*/true);
  parser.ConsumeAnyToken(); // the first, which comes again
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
