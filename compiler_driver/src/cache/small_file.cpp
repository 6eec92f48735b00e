// See small_file.hpp.
#include "small_file.hpp"

#include <graft/base/fault.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace graft::driver {
namespace {

/// Closes a descriptor at the end of its scope.
struct Descriptor {
  int number;
  explicit Descriptor(int number) : number(number) {}
  Descriptor(const Descriptor &) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

Error system_error(const char *what, const std::string &path) {
  const int reason = errno;
  const bool is_absent = reason == ENOENT || reason == ENOTDIR;
  return error(is_absent ? Code::kNotFound : Code::kEnvironment,
               std::string(what) + " '" + path + "': " + std::strerror(reason));
}

bool write_all(int file, std::span<const char> contents) {
  while (!contents.empty()) {
    const ssize_t count = fault::at("cannot write", ENOSPC) ? -1 : ::write(file, contents.data(), contents.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    contents = contents.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

} // namespace

Result<std::vector<char>> read_small_file(const std::string &path, struct ::stat *status) {
  constexpr const char *kWhat = "cannot read";
  const Descriptor file(fault::at(kWhat, EMFILE) ? -1
                                                 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct ::stat own{};
  struct ::stat &found = status != nullptr ? *status : own;
  if (file.number < 0 || ::fstat(file.number, &found) != 0) return system_error(kWhat, path);
  if (!S_ISREG(found.st_mode)) return error(Code::kEnvironment, std::string(kWhat) + " '" + path + "': it is no file");
  std::vector<char> bytes(static_cast<std::size_t>(found.st_size));
  std::size_t used = 0;
  while (used < bytes.size()) {
    const ssize_t count = fault::at(kWhat, EIO) ? -1 : ::read(file.number, bytes.data() + used, bytes.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(kWhat, path);
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
  }
  bytes.resize(used);
  return bytes;
}

Result<TemporaryFile> TemporaryFile::create(const std::string &folder, std::span<const char> contents) {
  std::string path = folder + "/.new-XXXXXX";
  const Descriptor file(fault::at("cannot write", ENOSPC) ? -1 : ::mkostemp(path.data(), O_CLOEXEC));
  if (file.number < 0) return system_error("cannot write", path);
  TemporaryFile made(std::move(path));
  if (!write_all(file.number, contents)) return system_error("cannot write", made.path_);
  return made;
}

TemporaryFile::~TemporaryFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> TemporaryFile::move_to(const std::string &path) && {
  if (fault::at("cannot write", ENOSPC) || ::rename(path_.c_str(), path.c_str()) != 0)
    return system_error("cannot write", path);
  path_.clear();
  return {};
}

} // namespace graft::driver
