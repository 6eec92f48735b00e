// See looks.hpp. A proxy before the real files. Headers from memory lie above it, so that their reads do not come through
// here; what is looked for in vain among them does, and is left out by its path: nobody can put a file there.
#include "looks.hpp"

#include "content_key.hpp"
#include "virtual_headers.hpp"

#include <graft/driver/compiler.hpp>

#include <llvm/ADT/StringMap.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/Path.h>
#include <llvm/Support/VirtualFileSystem.h>

#include <algorithm>

namespace graft::driver {
namespace {

using llvm::vfs::File;
using llvm::vfs::Status;
using Found = Look::Found;

void note_content(std::size_t index, const ContentKey &content, InputTrace &trace) {
  Look &look = trace.looks[index];
  if (look.content != ContentKey{} && look.content != content)
    trace.unrepeatable = look.path + ", which changed while it was compiled";
  look.content = content;
}

/// A file that notes the key of what is read of it.
class NotedFile : public File {
 public:
  NotedFile(std::unique_ptr<File> file, InputTrace &trace, std::size_t index)
      : file_(std::move(file)), trace_(trace), index_(index) {}

  llvm::ErrorOr<Status> status() override { return file_->status(); }
  llvm::ErrorOr<std::string> getName() override { return file_->getName(); }
  std::error_code close() override { return file_->close(); }
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> getBuffer(const llvm::Twine &name, std::int64_t size, bool terminated,
                                                               bool is_volatile) override {
    auto buffer = file_->getBuffer(name, size, terminated, is_volatile);
    if (!buffer) return buffer;
    note_content(index_, content_key((*buffer)->getBuffer()), trace_);
    return buffer;
  }

 private:
  std::unique_ptr<File> file_;
  InputTrace &trace_;
  std::size_t index_;
};

class LookNoter : public llvm::vfs::ProxyFileSystem {
 public:
  LookNoter(llvm::IntrusiveRefCntPtr<FileSystem> files, InputTrace &trace)
      : ProxyFileSystem(std::move(files)), trace_(trace) {}

  llvm::ErrorOr<Status> status(const llvm::Twine &path) override {
    auto status = getUnderlyingFS().status(path);
    if (status) refuse_special(path, *status);
    note(path, !status ? Found::kNothing : status->isDirectory() ? Found::kFolder : Found::kFile);
    return status;
  }
  bool exists(const llvm::Twine &path) override { return static_cast<bool>(status(path)); }
  llvm::ErrorOr<std::unique_ptr<File>> openFileForRead(const llvm::Twine &path) override {
    auto file = getUnderlyingFS().openFileForRead(path);
    if (!file) {
      static_cast<void>(status(path)); // a folder can be there and not be opened
      return file;
    }
    const auto status = (*file)->status();
    if (status) refuse_special(path, *status);
    const bool is_folder = status && status->isDirectory(); // which can be opened, and not be read
    const std::size_t index = note(path, is_folder ? Found::kFolder : Found::kFile);
    if (index == kNowhere) return file;
    std::unique_ptr<File> noted = std::make_unique<NotedFile>(std::move(*file), trace_, index);
    return noted;
  }
  llvm::vfs::directory_iterator dir_begin(const llvm::Twine &path, std::error_code &failure) override {
    std::vector<std::string> names;
    for (auto entry = getUnderlyingFS().dir_begin(path, failure); !failure && entry != llvm::vfs::directory_iterator();
         entry.increment(failure))
      names.push_back(llvm::sys::path::filename(entry->path()).str());
    if (failure) {
      static_cast<void>(status(path));
    } else if (const std::size_t index = note(path, Found::kFolder); index != kNowhere) {
      note_content(index, key_of_list(std::move(names)), trace_);
    }
    return ProxyFileSystem::dir_begin(path, failure);
  }

 private:
  static constexpr std::size_t kNowhere = ~std::size_t{0};

  /// What comes out of a pipe or a device comes once; a second look at it would not end, or take it from the next compile.
  void refuse_special(const llvm::Twine &path, const Status &status) {
    const auto type = status.getType();
    const bool is_special =
        type != llvm::sys::fs::file_type::regular_file && type != llvm::sys::fs::file_type::directory_file;
    if (is_special) trace_.unrepeatable = path.str() + ", which is no regular file";
  }

  std::size_t note(const llvm::Twine &path, Found found) {
    llvm::SmallString<256> absolute;
    path.toVector(absolute);
    static_cast<void>(getUnderlyingFS().makeAbsolute(absolute));
    if (absolute.starts_with(kVirtualRoot)) return kNowhere;
    const auto [entry, is_new] = known_.try_emplace(absolute, trace_.looks.size());
    if (is_new) trace_.looks.push_back({absolute.str().str(), found, {}});
    if (Look &look = trace_.looks[entry->second]; look.found != found) {
      look.found = found;
      trace_.unrepeatable = look.path + ", which came or went while it was compiled";
    }
    return entry->second;
  }

  InputTrace &trace_;
  llvm::StringMap<std::size_t> known_;
};

} // namespace

llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> note_looks(llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> files,
                                                           InputTrace &trace) {
  return llvm::makeIntrusiveRefCnt<LookNoter>(std::move(files), trace);
}

void merge_trace(InputTrace &into, InputTrace from) {
  if (into.unrepeatable.empty()) into.unrepeatable = std::move(from.unrepeatable);
  // Of two looks at a path the one that read it comes first.
  const auto comes_first = [](const Look &a, const Look &b) {
    const int order = a.path.compare(b.path);
    return order != 0 ? order < 0 : a.content.bytes > b.content.bytes;
  };
  if (!std::ranges::is_sorted(from.looks, comes_first)) std::ranges::sort(from.looks, comes_first);
  std::vector<Look> looks; // what was merged before is sorted
  looks.reserve(into.looks.size() + from.looks.size());
  const auto moved = [](std::vector<Look> &from) {
    return std::pair(std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  const auto a = moved(into.looks), b = moved(from.looks);
  std::merge(a.first, a.second, b.first, b.second, std::back_inserter(looks), comes_first);
  for (std::size_t i = 1; i < looks.size(); ++i) {
    const Look &a = looks[i - 1], &b = looks[i];
    if (a.path != b.path || (a.found == b.found && (b.content == ContentKey{} || a.content == b.content))) continue;
    into.unrepeatable = a.path + ", which changed while it was compiled";
  }
  const auto twice = std::ranges::unique(looks, {}, &Look::path);
  looks.erase(twice.begin(), twice.end());
  into.looks = std::move(looks);
}

} // namespace graft::driver
