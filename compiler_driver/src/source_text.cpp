// See source_text.hpp. Files are copied, not mapped: an editor may truncate one while Clang reads it.
#include "source_text.hpp"

#include <llvm/ADT/StringSwitch.h>
#include <llvm/Support/FileSystem.h>
#include <llvm/Support/Path.h>

#include <algorithm>
#include <optional>

namespace graft::driver {
namespace {

std::optional<Language> language_of(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<Language>>(llvm::sys::path::extension(name))
      .Case(".c", Language::kC)
      .Cases({".cc", ".cpp", ".cxx", ".c++", ".C"}, Language::kCxx)
      .Cases({".bc", ".ll"}, Language::kBitcode)
      .Default(std::nullopt);
}

Result<std::unique_ptr<llvm::MemoryBuffer>> read_file(const std::string &name, const std::string &working_directory) {
  llvm::SmallString<256> path(name);
  if (!working_directory.empty() && llvm::sys::path::is_relative(path)) {
    path = working_directory;
    llvm::sys::path::append(path, name);
  }
  if (llvm::sys::fs::is_directory(path)) return error(Code::kNotFound, "cannot read '" + name + "': it is a folder");
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/true, /*IsVolatile=*/true);
  if (!buffer) return error(Code::kNotFound, "cannot read '" + name + "': " + buffer.getError().message());
  return std::move(*buffer);
}

/// A script's first line means nothing to Clang; blank, it keeps every other line's number.
std::unique_ptr<llvm::MemoryBuffer> without_shebang(std::unique_ptr<llvm::MemoryBuffer> buffer) {
  if (!buffer->getBuffer().starts_with("#!")) return buffer;
  std::string text = buffer->getBuffer().str();
  std::fill(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(text.find('\n'), text.size())), ' ');
  return llvm::MemoryBuffer::getMemBufferCopy(text, buffer->getBufferIdentifier());
}

} // namespace

Result<SourceText> read_source(const Source &source, const std::string &working_directory) {
  Language language = source.language;
  if (language == Language::kFromName) {
    const std::optional<Language> known = language_of(source.name);
    if (!known)
      return error(Code::kInvalid,
                   "cannot tell the language of '" + source.name + "': it ends in none of .c .cc .cpp .cxx .c++ .C .bc .ll");
    language = *known;
  }
  if (source.contents) {
    auto copy = llvm::MemoryBuffer::getMemBufferCopy(*source.contents, source.name);
    return SourceText{source.name, language, without_shebang(std::move(copy))};
  }
  GRAFT_TRY_ASSIGN(std::unique_ptr<llvm::MemoryBuffer> buffer, read_file(source.name, working_directory));
  return SourceText{source.name, language, without_shebang(std::move(buffer))};
}

} // namespace graft::driver
