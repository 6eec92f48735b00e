// See open_folders.hpp.
#include "open_folders.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace graft::driver {
namespace {

/// A compile looks into two dozen; a process may often have a thousand descriptors, and compiles as many as it has
/// processors.
constexpr unsigned kMostOpen = 48;

} // namespace

OpenFolders::~OpenFolders() {
  for (const auto &entry : folders_)
    if (entry.second.kind == Kind::kOpen) ::close(entry.second.descriptor);
}

OpenFolders::Folder OpenFolders::folder(std::string_view path) {
  if (const auto known = folders_.find(path); known != folders_.end()) return known->second;
  Folder folder{Kind::kUnknown, -1};
  if (folders_.size() >= kMostOpen) return folder;
  const std::string own(path);
  folder.descriptor = ::open(own.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder.descriptor >= 0)
    folder.kind = Kind::kOpen;
  else if (errno == ENOENT || errno == ENOTDIR)
    folder.kind = Kind::kAbsent;
  folders_.emplace(own, folder);
  return folder;
}

bool OpenFolders::status(const std::string &path, struct ::stat &status) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash + 1 == path.size()) return ::stat(path.c_str(), &status) == 0;
  const Folder of = folder(std::string_view(path).substr(0, slash == 0 ? 1 : slash));
  switch (of.kind) {
  case Kind::kOpen:
    return ::fstatat(of.descriptor, path.c_str() + slash + 1, &status, 0) == 0;
  case Kind::kAbsent:
    return false;
  case Kind::kUnknown:
    break;
  }
  return ::stat(path.c_str(), &status) == 0;
}

} // namespace graft::driver
