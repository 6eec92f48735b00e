// See inputs.hpp. The source manager holds the very bytes that Clang saw; the files are not read again.
#include "inputs.hpp"

#include "content_key.hpp"

#include <graft/driver/compiler.hpp>

#include <clang/Frontend/CompilerInstance.h>
#include <clang/Lex/Lexer.h>
#include <clang/Lex/PPCallbacks.h>
#include <clang/Lex/Preprocessor.h>
#include <llvm/ADT/StringSet.h>

#include <algorithm>

namespace graft::driver {
namespace {

/// `#include` and `__has_include` of what is not there (it may appear later), `#embed` of what is, and the macros that
/// differ from compile to compile. `__COUNTER__` does not: it counts within one.
class InputWatcher : public clang::PPCallbacks {
 public:
  explicit InputWatcher(Inputs &inputs) : inputs_(inputs) {}

  void HasInclude(clang::SourceLocation, llvm::StringRef name, bool, clang::OptionalFileEntryRef file,
                  clang::SrcMgr::CharacteristicKind kind) override {
    if (!file) add(name, kind);
  }
  bool FileNotFound(llvm::StringRef name) override {
    add(name, clang::SrcMgr::C_User);
    return false;
  }
  void MacroExpands(const clang::Token &name, const clang::MacroDefinition &, clang::SourceRange,
                    const clang::MacroArgs *) override {
    const llvm::StringRef text = name.getIdentifierInfo()->getName();
    if (!text.starts_with("__")) return;
    const bool of_moment = text == "__DATE__" || text == "__TIME__" || text == "__TIMESTAMP__";
    if (of_moment) inputs_.trace.unrepeatable = text.str();
    inputs_.depends = std::max(inputs_.depends, of_moment            ? Depends::kOnMoment
                                                : text == "__LINE__" ? Depends::kOnLines
                                                                     : Depends::kOnTokens);
  }
  void EmbedDirective(clang::SourceLocation, llvm::StringRef, bool, clang::OptionalFileEntryRef file,
                      const clang::LexEmbedParametersResult &) override {
    if (file) add(file->getName(), clang::SrcMgr::C_User);
  }

 private:
  using Depends = Inputs::Depends;

  void add(llvm::StringRef name, clang::SrcMgr::CharacteristicKind kind) {
    inputs_.probed.push_back({name.str(), clang::SrcMgr::isSystem(kind)});
  }

  Inputs &inputs_;
};

/// Whether a text lets the code ask for its own place by other means than a macro.
bool tells_places(llvm::StringRef text) {
  return text.contains("__builtin_LINE") || text.contains("__builtin_COLUMN") || text.contains("__builtin_source_location(");
}

void add_tokens(clang::CompilerInstance &compiler, const SourceText &text, Inputs::Depends depends, KeyBuilder &key) {
  const clang::SourceManager &sources = compiler.getSourceManager();
  const clang::FileID file = sources.getMainFileID();
  clang::Lexer lexer(file, text.buffer->getMemBufferRef(), sources, compiler.getLangOpts());
  for (clang::Token token;;) {
    const bool is_last = lexer.LexFromRawLexer(token);
    if (token.is(clang::tok::eof)) return;
    key.add(std::string_view(token.isAtStartOfLine()   ? "\n"
                             : token.hasLeadingSpace() ? " "
                                                       : "")); // directives end with their line
    if (depends >= Inputs::Depends::kOnLines) key.add(std::to_string(sources.getSpellingLineNumber(token.getLocation())));
    if (depends >= Inputs::Depends::kOnColumns)
      key.add(std::to_string(sources.getSpellingColumnNumber(token.getLocation())));
    key.add(std::string_view(text.buffer->getBufferStart() + sources.getFileOffset(token.getLocation()), token.getLength()));
    if (is_last) return;
  }
}

void sort_and_unite(std::vector<HeaderFacts> &headers) {
  std::ranges::sort(headers, {}, &HeaderFacts::path);
  const auto twice = std::ranges::unique(headers, {}, &HeaderFacts::path);
  headers.erase(twice.begin(), twice.end());
}

} // namespace

void watch_inputs(clang::CompilerInstance &compiler, Inputs &inputs) {
  compiler.getPreprocessor().addPPCallbacks(std::make_unique<InputWatcher>(inputs));
}

void collect_inputs(clang::CompilerInstance &compiler, Inputs &inputs) {
  const clang::SourceManager &sources = compiler.getSourceManager();
  llvm::StringSet<> seen;
  for (const HeaderFacts &file : inputs.read) seen.insert(file.path);
  for (unsigned i = 1; i < sources.local_sloc_entry_size(); ++i) {
    const clang::SrcMgr::SLocEntry &entry = sources.getLocalSLocEntry(i);
    if (!entry.isFile()) continue;
    const clang::SrcMgr::ContentCache &content = entry.getFile().getContentCache();
    if (!content.OrigEntry || entry.getFile().getIncludeLoc().isInvalid()) continue;
    const llvm::StringRef path = content.OrigEntry->getName();
    if (!seen.insert(path).second) continue;
    const bool system = clang::SrcMgr::isSystem(entry.getFile().getFileCharacteristic());
    const llvm::StringRef bytes = content.getBufferDataIfLoaded().value_or("");
    inputs.read.push_back({path.str(), system, content_key(bytes)});
    if (tells_places(bytes)) inputs.depends = std::max(inputs.depends, Inputs::Depends::kOnColumns);
  }
}

void record_inputs(clang::CompilerInstance &compiler, const SourceText &text, Inputs &inputs, Unit &unit) {
  sort_and_unite(inputs.probed);
  KeyBuilder key, headers;
  key.add(text.name);
  key.add(text.buffer->getBuffer());
  for (const HeaderFacts &file : inputs.read) {
    headers.add(file.path);
    headers.add(file.content);
    unit.facts.headers.push_back(file);
  }
  for (HeaderFacts &header : inputs.probed) {
    if (auto embedded = compiler.getFileManager().getBufferForFile(header.path))
      header.content = content_key((*embedded)->getBuffer());
    headers.add(header.path);
    headers.add(header.content);
    unit.facts.headers.push_back(header);
  }
  const ContentKey of_headers = headers.finish();
  key.add(of_headers);
  unit.text_key = key.finish();
  if (inputs.depends == Inputs::Depends::kOnMoment) return;
  const bool is_debugged = compiler.getCodeGenOpts().getDebugInfo() != llvm::codegenoptions::NoDebugInfo;
  Inputs::Depends depends = std::max(inputs.depends, is_debugged ? Inputs::Depends::kOnLines : Inputs::Depends::kOnTokens);
  if (tells_places(text.buffer->getBuffer())) depends = std::max(depends, Inputs::Depends::kOnColumns);
  KeyBuilder tokens;
  tokens.add(text.name);
  tokens.add(of_headers);
  add_tokens(compiler, text, depends, tokens);
  unit.token_key = tokens.finish();
}

} // namespace graft::driver
