// See disk_store.hpp. Looking after the folder as a whole is in disk_care.cpp.
#include "disk_store.hpp"

#include "places.hpp"
#include "small_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace graft::driver {
namespace {

/// An entry that was used within this time is not marked as used again: a mark is a write.
constexpr std::time_t kMarkEvery = 60;

} // namespace

Result<std::unique_ptr<DiskStore>> DiskStore::open(std::string folder, std::uint64_t max_bytes) {
  GRAFT_TRY(make_own_folder(folder));
  GRAFT_TRY_ASSIGN(const Secret secret, folder_secret(folder));
  return std::unique_ptr<DiskStore>(new DiskStore(std::move(folder), max_bytes, secret));
}

std::string DiskStore::path_of(EntryKind kind, const ContentKey &key) const {
  const std::string name = entry_name(kind, key);
  return shelves_ + '/' + name.substr(0, 2) + '/' + name.substr(2);
}

bool DiskStore::touch(EntryKind kind, const ContentKey &key) const {
  return ::utimensat(AT_FDCWD, path_of(kind, key).c_str(), nullptr, 0) == 0;
}

std::optional<Entry> DiskStore::get(EntryKind kind, const ContentKey &key) const {
  const std::string path = path_of(kind, key);
  struct ::stat status{};
  auto bytes = read_small_file(path, &status);
  if (!bytes) return std::nullopt;
  if (status.st_mtim.tv_sec + kMarkEvery < std::time(nullptr)) ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
  return open_entry(secret_, kind, key, *std::move(bytes));
}

Result<void> DiskStore::put(EntryKind kind, const ContentKey &key, std::span<const char> body) const {
  const std::string name = entry_name(kind, key);
  const std::string shelf = shelves_ + '/' + name.substr(0, 2);
  const std::vector<char> sealed = seal(secret_, name, body);
  const auto write = [&]() -> Result<void> {
    GRAFT_TRY_ASSIGN(TemporaryFile file, TemporaryFile::create(shelf, sealed));
    return std::move(file).move_to(shelf + '/' + name.substr(2));
  };
  const Result<void> stored = write();
  if (stored.code() != Code::kNotFound) return stored;
  ::mkdir(shelves_.c_str(), 0700); // the first of its shelf
  if (::mkdir(shelf.c_str(), 0700) != 0 && errno != EEXIST)
    return error(Code::kEnvironment, "cannot make '" + shelf + "': " + std::strerror(errno));
  return write();
}

} // namespace graft::driver
