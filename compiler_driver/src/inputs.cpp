// See inputs.hpp. The source manager holds the very bytes that Clang saw; the files are not read again.
#include "inputs.hpp"

#include "content_key.hpp"

#include <clang/Frontend/CompilerInstance.h>
#include <clang/Lex/PPCallbacks.h>
#include <clang/Lex/Preprocessor.h>
#include <llvm/ADT/StringSet.h>

#include <algorithm>

namespace graft::driver {
namespace {

/// `#include` and `__has_include` of what is not there (it may appear later), and `#embed` of what is.
class InputWatcher : public clang::PPCallbacks {
 public:
  explicit InputWatcher(Unit &unit) : unit_(unit) {}

  void HasInclude(clang::SourceLocation, llvm::StringRef name, bool, clang::OptionalFileEntryRef file,
                  clang::SrcMgr::CharacteristicKind kind) override {
    if (!file) add(name, kind);
  }
  bool FileNotFound(llvm::StringRef name) override {
    add(name, clang::SrcMgr::C_User);
    return false;
  }
  void EmbedDirective(clang::SourceLocation, llvm::StringRef, bool, clang::OptionalFileEntryRef file,
                      const clang::LexEmbedParametersResult &) override {
    if (file) add(file->getName(), clang::SrcMgr::C_User);
  }

 private:
  void add(llvm::StringRef name, clang::SrcMgr::CharacteristicKind kind) {
    const auto same = [&](const HeaderFacts &header) { return header.path == name; };
    if (std::ranges::any_of(unit_.facts.headers, same)) return;
    unit_.facts.headers.push_back({name.str(), clang::SrcMgr::isSystem(kind)});
  }

  Unit &unit_;
};

} // namespace

void watch_inputs(clang::CompilerInstance &compiler, Unit &unit) {
  compiler.getPreprocessor().addPPCallbacks(std::make_unique<InputWatcher>(unit));
}

void collect_inputs(clang::CompilerInstance &compiler, const UnitRequest &request, Unit &unit) {
  const clang::SourceManager &sources = compiler.getSourceManager();
  KeyBuilder key;
  key.add(request.text.name);
  key.add(request.text.buffer->getBuffer());
  for (const HeaderFacts &header : unit.facts.headers) {  // what the watcher noted
    key.add(header.path);
    if (auto embedded = compiler.getFileManager().getBufferForFile(header.path)) key.add((*embedded)->getBuffer());
  }
  llvm::StringSet<> seen;
  for (unsigned i = 1; i < sources.local_sloc_entry_size(); ++i) {
    const clang::SrcMgr::SLocEntry &entry = sources.getLocalSLocEntry(i);
    if (!entry.isFile()) continue;
    const clang::SrcMgr::ContentCache &content = entry.getFile().getContentCache();
    if (!content.OrigEntry || entry.getFile().getIncludeLoc().isInvalid()) continue;
    const llvm::StringRef path = content.OrigEntry->getName();
    if (!seen.insert(path).second) continue;
    key.add(path);
    if (const auto text = content.getBufferDataIfLoaded()) key.add(*text);
    unit.facts.headers.push_back({path.str(), clang::SrcMgr::isSystem(entry.getFile().getFileCharacteristic())});
  }
  unit.text_key = key.finish();
}

}  // namespace graft::driver
