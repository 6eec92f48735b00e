// See diagnostics.hpp. The snippet is the physical line; the position is the presumed one, as clang prints it.
#include "diagnostics.hpp"

#include <clang/Basic/DiagnosticIDs.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Lex/Lexer.h>
#include <llvm/IR/DiagnosticHandler.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <memory>

namespace graft::driver {
namespace {

Severity severity_of(clang::DiagnosticsEngine::Level level) {
  switch (level) {
  case clang::DiagnosticsEngine::Note:
    return Severity::kNote;
  case clang::DiagnosticsEngine::Remark:
    return Severity::kRemark;
  case clang::DiagnosticsEngine::Warning:
    return Severity::kWarning;
  case clang::DiagnosticsEngine::Fatal:
    return Severity::kFatal;
  case clang::DiagnosticsEngine::Ignored:
  case clang::DiagnosticsEngine::Error:
    break;
  }
  return Severity::kError;
}

/// [begin, end) of `range` on the line of `anchor`, as columns; {0, 0} when it lies on other lines or in other files.
std::pair<unsigned, unsigned> columns_on_line(const clang::SourceManager &sources, const clang::LangOptions &language,
                                              clang::SourceLocation anchor, clang::CharSourceRange range) {
  const clang::CharSourceRange in_file = clang::Lexer::makeFileCharRange(range, sources, language);
  if (in_file.isInvalid() || sources.getFileID(in_file.getBegin()) != sources.getFileID(anchor)) return {0, 0};
  const unsigned line = sources.getSpellingLineNumber(anchor);
  if (sources.getSpellingLineNumber(in_file.getBegin()) != line || sources.getSpellingLineNumber(in_file.getEnd()) != line)
    return {0, 0};
  return {sources.getSpellingColumnNumber(in_file.getBegin()), sources.getSpellingColumnNumber(in_file.getEnd())};
}

void add_snippet(Diagnostic &diagnostic, const clang::Diagnostic &info, const clang::SourceManager &sources,
                 const clang::LangOptions &language) {
  const clang::SourceLocation anchor = sources.getFileLoc(info.getLocation());
  diagnostic.snippet = line_at(sources, anchor);
  const unsigned column = sources.getSpellingColumnNumber(anchor);
  diagnostic.caret_begin = column;
  diagnostic.caret_end = column + std::max(1u, clang::Lexer::MeasureTokenLength(anchor, sources, language));
  for (const clang::CharSourceRange &range : info.getRanges()) {
    const auto [begin, end] = columns_on_line(sources, language, anchor, range);
    if (begin == 0) continue;
    diagnostic.caret_begin = std::min(diagnostic.caret_begin, begin);
    diagnostic.caret_end = std::max(diagnostic.caret_end, end);
  }
  diagnostic.caret_end = std::min<std::uint32_t>(diagnostic.caret_end, diagnostic.snippet.size() + 1);
  diagnostic.caret_end = std::max(diagnostic.caret_end, diagnostic.caret_begin + 1);
}

void add_fixits(Diagnostic &diagnostic, const clang::Diagnostic &info, const clang::SourceManager &sources,
                const clang::LangOptions &language) {
  for (const clang::FixItHint &hint : info.getFixItHints()) {
    const clang::CharSourceRange range = clang::Lexer::makeFileCharRange(hint.RemoveRange, sources, language);
    if (hint.isNull() || range.isInvalid()) continue;
    diagnostic.fixits.push_back({position(sources, range.getBegin()), position(sources, range.getEnd()), hint.CodeToInsert});
  }
}

/// GRAFT_PROVIDE used twice is graft's error, reported with both places; Clang's words for the same are about macro innards.
bool repeats_an_error_of_ours(llvm::StringRef message) {
  return message.starts_with("redefinition of 'graft_table_") || message.starts_with("redefinition of 'graft_provider_");
}

/// LLVM's back end reports through its context; by default it would print and exit.
class BackEndHandler : public llvm::DiagnosticHandler {
 public:
  explicit BackEndHandler(clang::DiagnosticsEngine &engine) : engine_(engine) {}

  bool handleDiagnostics(const llvm::DiagnosticInfo &info) override {
    if (info.getSeverity() == llvm::DS_Remark || info.getSeverity() == llvm::DS_Note) return true;
    std::string message;
    std::uint64_t cookie = 0;
    if (info.getKind() == llvm::DK_SrcMgr) {
      const auto &assembly = llvm::cast<llvm::DiagnosticInfoSrcMgr>(info);
      message = assembly.getSMDiag().getMessage().str();
      cookie = assembly.getLocCookie();
    } else {
      llvm::raw_string_ostream stream(message);
      llvm::DiagnosticPrinterRawOStream printer(stream);
      info.print(printer);
      if (info.getKind() == llvm::DK_InlineAsm) cookie = llvm::cast<llvm::DiagnosticInfoInlineAsm>(info).getLocCookie();
      if (info.getKind() == llvm::DK_DontCall) cookie = llvm::cast<llvm::DiagnosticInfoDontCall>(info).getLocCookie();
    }
    const auto location = engine_.hasSourceManager()
                              ? clang::SourceLocation::getFromRawEncoding(static_cast<unsigned>(cookie))
                              : clang::SourceLocation();
    report(engine_, location, message,
           info.getSeverity() == llvm::DS_Warning ? clang::DiagnosticsEngine::Warning : clang::DiagnosticsEngine::Error);
    return true;
  }

 private:
  clang::DiagnosticsEngine &engine_;
};

} // namespace

std::string line_at(const clang::SourceManager &sources, clang::SourceLocation location) {
  bool invalid = false;
  const auto [file, offset] = sources.getDecomposedLoc(location);
  const llvm::StringRef text = sources.getBufferData(file, &invalid);
  if (invalid || offset > text.size()) return {};
  const size_t begin = text.take_front(offset).find_last_of("\r\n") + 1; // npos + 1 is the first line
  return text.substr(begin).take_until([](char c) { return c == '\n' || c == '\r'; }).str();
}

SourcePos position(const clang::SourceManager &sources, clang::SourceLocation location) {
  if (location.isInvalid()) return {};
  const clang::PresumedLoc presumed = sources.getPresumedLoc(sources.getFileLoc(location));
  if (presumed.isInvalid()) return {};
  return {presumed.getFilename(), presumed.getLine(), presumed.getColumn()};
}

void DiagnosticCollector::HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic &info) {
  DiagnosticConsumer::HandleDiagnostic(level, info);
  if (level == clang::DiagnosticsEngine::Note && drop_notes_) return;
  llvm::SmallString<160> message;
  info.FormatDiagnostic(message);
  if (level >= clang::DiagnosticsEngine::Error) failed_ = true;
  drop_notes_ = failed_ && repeats_an_error_of_ours(message);
  if (drop_notes_) return;

  Diagnostic diagnostic;
  diagnostic.severity = severity_of(level);
  diagnostic.message = message.str().str();
  const llvm::StringRef option = info.getDiags()->getDiagnosticIDs()->getWarningOptionForDiag(info.getID());
  if (!option.empty()) diagnostic.option = "-W" + option.str();
  if (info.hasSourceManager() && info.getLocation().isValid()) {
    const clang::SourceManager &sources = info.getSourceManager();
    const clang::LangOptions plain;
    const clang::LangOptions &language = language_ ? *language_ : plain;
    diagnostic.where = position(sources, info.getLocation());
    add_snippet(diagnostic, info, sources, language);
    add_fixits(diagnostic, info, sources, language);
  }
  add(std::move(diagnostic));
}

void DiagnosticCollector::add(Diagnostic diagnostic) {
  if (diagnostic.severity >= Severity::kError) failed_ = true;
  if (diagnostic.severity == Severity::kNote && !diagnostics_.empty())
    diagnostics_.back().notes.push_back(std::move(diagnostic));
  else
    diagnostics_.push_back(std::move(diagnostic));
}

void report(clang::DiagnosticsEngine &engine, clang::SourceLocation location, const std::string &sentence,
            clang::DiagnosticsEngine::Level level) {
  engine.Report(location, engine.getCustomDiagID(level, "%0")) << sentence;
}

void collect_back_end_diagnostics(llvm::LLVMContext &context, clang::DiagnosticsEngine &engine) {
  context.setDiagnosticHandler(std::make_unique<BackEndHandler>(engine));
}

Diagnostic from_reader(const llvm::SMDiagnostic &message, const std::string &file) {
  Diagnostic diagnostic;
  diagnostic.where.file = file;
  if (message.getLineNo() > 0) {
    diagnostic.where.line = static_cast<std::uint32_t>(message.getLineNo());
    diagnostic.where.column = static_cast<std::uint32_t>(message.getColumnNo() + 1);
    diagnostic.snippet = message.getLineContents().str();
    diagnostic.caret_begin = diagnostic.where.column;
    diagnostic.caret_end = diagnostic.caret_begin + 1;
  }
  diagnostic.message = message.getMessage().str();
  return diagnostic;
}

} // namespace graft::driver
