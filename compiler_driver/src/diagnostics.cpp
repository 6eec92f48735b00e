// See diagnostics.hpp. The snippet is the physical line; the position is the presumed one, as clang prints it.
#include "diagnostics.hpp"

#include <clang/Basic/AllDiagnostics.h>
#include <clang/Basic/DiagnosticIDs.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Frontend/DiagnosticRenderer.h>
#include <clang/Lex/Lexer.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/IR/DiagnosticHandler.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

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

/// [begin, end) of what `range`, a place in the file of `anchor`, covers of the anchor's line, as columns; {0, 0} when it
/// covers nothing.
std::pair<unsigned, unsigned> columns_on_line(const clang::SourceManager &sources, const clang::LangOptions &language,
                                              clang::SourceLocation anchor, clang::CharSourceRange range,
                                              llvm::StringRef text) {
  const clang::SourceLocation first = sources.getExpansionLoc(range.getBegin()),
                              last = sources.getExpansionLoc(range.getEnd());
  if (first.isInvalid() || last.isInvalid()) return {0, 0};
  const clang::FileID file = sources.getFileID(anchor);
  if (sources.getFileID(first) != file || sources.getFileID(last) != file) return {0, 0};
  const unsigned line = sources.getSpellingLineNumber(anchor);
  const unsigned first_line = sources.getSpellingLineNumber(first), last_line = sources.getSpellingLineNumber(last);
  if (first_line > line || last_line < line) return {0, 0};
  unsigned begin = first_line < line ? 1 : sources.getSpellingColumnNumber(first);
  unsigned end = static_cast<unsigned>(text.size()) + 1;
  if (last_line == line) {
    end = sources.getSpellingColumnNumber(last);
    if (range.isTokenRange()) end += clang::Lexer::MeasureTokenLength(last, sources, language);
  }
  end = std::min(end, static_cast<unsigned>(text.size()) + 1);
  const auto is_blank = [&](unsigned column) { return text[column - 1] == ' ' || text[column - 1] == '\t'; };
  while (begin < end && is_blank(begin)) ++begin;
  while (end > begin && is_blank(end - 1)) --end;
  return begin < end ? std::pair(begin, end) : std::pair(0u, 0u);
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
      const llvm::SMDiagnostic &told = assembly.getSMDiag();
      message = told.getMessage().str();
      cookie = assembly.getLocCookie();
      if (cookie == 0 && told.getLineNo() > 0) // outside of functions: there is no place in the source
        message +=
            " in line " + std::to_string(told.getLineNo()) + " of the assembly, '" + told.getLineContents().str() + "'";
    } else if (info.getKind() == llvm::DK_DontCall) {
      const auto &call = llvm::cast<llvm::DiagnosticInfoDontCall>(info);
      const char *attribute = info.getSeverity() == llvm::DS_Warning ? "warning" : "error";
      message = "call to '" + llvm::demangle(call.getFunctionName()) + "' declared with '" + attribute + "' attribute";
      if (!call.getNote().empty()) message += ": " + call.getNote().str();
      cookie = call.getLocCookie();
    } else {
      llvm::raw_string_ostream stream(message);
      llvm::DiagnosticPrinterRawOStream printer(stream);
      info.print(printer);
      if (info.getKind() == llvm::DK_InlineAsm) cookie = llvm::cast<llvm::DiagnosticInfoInlineAsm>(info).getLocCookie();
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
  const llvm::StringRef line = text.substr(begin).take_until([](char c) { return c == '\n' || c == '\r'; });
  return line.rtrim('\0').str(); // pasted tokens stand in a buffer of thousands
}

SourcePos position(const clang::SourceManager &sources, clang::SourceLocation location) {
  if (location.isInvalid()) return {};
  const clang::PresumedLoc presumed = sources.getPresumedLoc(sources.getFileLoc(location));
  if (presumed.isInvalid()) return {};
  return {presumed.getFilename(), presumed.getLine(), presumed.getColumn()};
}

/// Clang's own renderer, which knows what belongs to a message besides its words: ranges through macros, who included the
/// file, and which macros it was expanded from, as far as clang's limits go. What it would print becomes data.
class DiagnosticCollector::Renderer : public clang::DiagnosticNoteRenderer {
 public:
  Renderer(const clang::LangOptions &language, clang::DiagnosticOptions &options, DiagnosticCollector &collector)
      : DiagnosticNoteRenderer(language, options), collector_(collector) {}

  /// Everything about one message of Clang's.
  void take(clang::DiagnosticsEngine::Level level, const clang::Diagnostic &info, llvm::StringRef message,
            std::string option) {
    option_ = std::move(option);
    clang::FullSourceLoc where;
    if (info.hasSourceManager() && info.getLocation().isValid())
      where = clang::FullSourceLoc(info.getLocation(), info.getSourceManager());
    emitDiagnostic(where, level, message, info.getRanges(), info.getFixItHints(), &info);
    flush();
    for (Diagnostic &note : included_) collector_.add(std::move(note));
    included_.clear();
  }

 protected:
  void emitDiagnosticMessage(clang::FullSourceLoc, clang::PresumedLoc where, clang::DiagnosticsEngine::Level level,
                             llvm::StringRef message, llvm::ArrayRef<clang::CharSourceRange>,
                             clang::DiagOrStoredDiag) override {
    flush();
    current_ = Diagnostic{severity_of(level), {}, message.str(), std::exchange(option_, {}), {}, 0, 0, {}, {}};
    if (where.isValid()) current_->where = {where.getFilename(), where.getLine(), where.getColumn()};
  }
  void emitDiagnosticLoc(clang::FullSourceLoc, clang::PresumedLoc, clang::DiagnosticsEngine::Level,
                         llvm::ArrayRef<clang::CharSourceRange>) override {}
  void emitCodeContext(clang::FullSourceLoc where, clang::DiagnosticsEngine::Level level,
                       llvm::SmallVectorImpl<clang::CharSourceRange> &ranges,
                       llvm::ArrayRef<clang::FixItHint> hints) override {
    if (!current_ || where.isInvalid()) return;
    // As clang has it: one place is shown once, however many messages in a row are about it.
    const bool is_shown = where == LastLoc && (LastLevel != clang::DiagnosticsEngine::Note || level == LastLevel);
    if (is_shown && ranges.empty() && hints.empty()) return;
    const clang::SourceManager &sources = where.getManager();
    Diagnostic &diagnostic = *current_;
    diagnostic.snippet = line_at(sources, where);
    diagnostic.caret_begin = sources.getSpellingColumnNumber(where);
    diagnostic.caret_end = diagnostic.caret_begin + 1;
    for (const clang::CharSourceRange &range : ranges) {
      const auto [begin, end] = columns_on_line(sources, LangOpts, where, range, diagnostic.snippet);
      if (begin == 0) continue;
      diagnostic.caret_begin = std::min(diagnostic.caret_begin, begin);
      diagnostic.caret_end = std::max(diagnostic.caret_end, end);
    }
    for (const clang::FixItHint &hint : hints) {
      const clang::CharSourceRange range = clang::Lexer::makeFileCharRange(hint.RemoveRange, sources, LangOpts);
      if (hint.isNull() || range.isInvalid()) continue;
      diagnostic.fixits.push_back(
          {position(sources, range.getBegin()), position(sources, range.getEnd()), hint.CodeToInsert});
    }
  }
  /// Comes before the message that it belongs to.
  void emitIncludeLocation(clang::FullSourceLoc where, clang::PresumedLoc) override {
    const clang::SourceManager &sources = where.getManager();
    included_.push_back({Severity::kNote,
                         position(sources, where),
                         "in file included from here",
                         {},
                         line_at(sources, where),
                         0,
                         0,
                         {},
                         {}});
  }
  void emitNote(clang::FullSourceLoc, llvm::StringRef) override {} // of modules, which nothing here builds

 private:
  void flush() {
    if (current_) collector_.add(*std::exchange(current_, std::nullopt));
  }

  DiagnosticCollector &collector_;
  std::string option_; ///< of the message itself, not of the notes that come with it
  std::optional<Diagnostic> current_;
  std::vector<Diagnostic> included_; ///< the innermost include first
};

DiagnosticCollector::DiagnosticCollector() = default;
DiagnosticCollector::~DiagnosticCollector() = default;

void DiagnosticCollector::BeginSourceFile(const clang::LangOptions &language, const clang::Preprocessor *) {
  language_ = &language;
  renderer_.reset();
}

void DiagnosticCollector::EndSourceFile() {
  language_ = nullptr;
  renderer_.reset();
}

void DiagnosticCollector::HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic &info) {
  DiagnosticConsumer::HandleDiagnostic(level, info);
  if (level == clang::DiagnosticsEngine::Note && drop_notes_) return;
  llvm::SmallString<160> message;
  info.FormatDiagnostic(message);
  if (level >= clang::DiagnosticsEngine::Error) failed_ = true;
  drop_notes_ = failed_ && repeats_an_error_of_ours(message);
  if (drop_notes_) return;
  llvm::StringRef option = info.getDiags()->getDiagnosticIDs()->getWarningOptionForDiag(info.getID());
  static const clang::LangOptions plain;
  if (renderer_ == nullptr)
    renderer_ = std::make_unique<Renderer>(language_ ? *language_ : plain, info.getDiags()->getDiagnosticOptions(), *this);
  if (info.getID() == clang::diag::fatal_too_many_errors) return renderer_->take(level, info, message, "-ferror-limit=");
  renderer_->take(level, info, message, option.empty() ? std::string() : "-W" + option.str());
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
