// The folder as a whole: what is in it, whether it is whole, and that it does not grow for ever. An entry's time of last use
// is its file's time of modification.
#include "disk_store.hpp"
#include "small_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>

namespace graft::driver {
namespace {

constexpr std::time_t kHour = 3600;

struct StoredFile {
  std::string path;
  std::string name; ///< an entry's, with the digits of its shelf; of what is half written, anything
  std::uint64_t bytes = 0;
  std::time_t used = 0;
};

bool is_half_written(const StoredFile &file) { return file.name.substr(2).starts_with(".new-"); }
bool is_of(const StoredFile &file, EntryKind kind) { return file.name.ends_with('.' + std::string(word_of(kind))); }

/// Calls `visit` with each file on the shelves. Files may come and go meanwhile.
void each_file(const std::string &shelves, const std::function<void(StoredFile)> &visit) {
  namespace fs = std::filesystem;
  std::error_code failure, ignored;
  for (fs::directory_iterator shelf(shelves, failure), end; !failure && shelf != end; shelf.increment(failure))
    for (fs::directory_iterator file(shelf->path(), ignored); !ignored && file != end; file.increment(ignored)) {
      struct ::stat status{};
      if (::lstat(file->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
      visit({file->path(), shelf->path().filename().string() + file->path().filename().string(),
             static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec});
    }
}

/// The right to sweep, while it lives.
class SweepLock {
 public:
  explicit SweepLock(const std::string &path)
      : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    is_held_ = file_ >= 0 && ::flock(file_, LOCK_EX | LOCK_NB) == 0;
  }
  SweepLock(const SweepLock &) = delete;
  ~SweepLock() {
    if (file_ >= 0) ::close(file_);
  }
  bool is_held() const { return is_held_; }
  void note_time() const { ::futimens(file_, nullptr); }

 private:
  int file_;
  bool is_held_ = false;
};

} // namespace

CachePruned DiskStore::prune() const {
  CachePruned pruned;
  ::mkdir(shelves_.c_str(), 0700);
  const SweepLock lock(shelves_ + "/swept");
  if (!lock.is_held()) return pruned;
  lock.note_time();
  std::vector<StoredFile> files;
  std::uint64_t total = 0;
  each_file(shelves_, [&](StoredFile file) {
    if (is_half_written(file)) {
      if (file.used + kHour < std::time(nullptr)) ::unlink(file.path.c_str());
      return;
    }
    total += file.bytes;
    files.push_back(std::move(file));
  });
  if (total <= max_bytes_) return pruned;
  std::ranges::sort(files, {}, &StoredFile::used);
  const std::uint64_t enough = max_bytes_ / 5 * 4;
  for (const StoredFile &file : files) {
    if (total <= enough) break;
    if (::unlink(file.path.c_str()) != 0) continue;
    total -= file.bytes;
    pruned.bytes += file.bytes;
    ++pruned.entries;
  }
  return pruned;
}

bool DiskStore::is_due() const {
  struct ::stat status{};
  return ::stat((shelves_ + "/swept").c_str(), &status) != 0 || status.st_mtim.tv_sec + kHour < std::time(nullptr);
}

CacheStat DiskStore::stat() const {
  CacheStat stat{folder_, 0, 0, 0, 0, 0, max_bytes_};
  each_file(shelves_, [&](const StoredFile &file) {
    stat.bytes += file.bytes;
    stat.artifacts += is_of(file, EntryKind::kArtifact) ? 1 : 0;
    stat.records += is_of(file, EntryKind::kRecord) ? 1 : 0;
    stat.units += is_of(file, EntryKind::kUnit) ? 1 : 0;
    stat.heads += is_of(file, EntryKind::kHead) ? 1 : 0;
  });
  return stat;
}

CacheCheck DiskStore::verify() const {
  CacheCheck check;
  each_file(shelves_, [&](const StoredFile &file) {
    if (is_half_written(file)) return;
    const auto bytes = read_small_file(file.path);
    if (bytes.code() == Code::kNotFound) return; // it went meanwhile
    const bool is_good = bytes && unseal(secret_, file.name, *bytes);
    ++(is_good ? check.good : check.damaged);
    if (!is_good) ::unlink(file.path.c_str());
  });
  return check;
}

} // namespace graft::driver
