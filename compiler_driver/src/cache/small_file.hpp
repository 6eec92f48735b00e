// Files of a cache: read whole; written aside, to be moved into place whole.
#pragma once

#include <graft/base/result.hpp>

#include <span>
#include <string>
#include <vector>

struct stat;

namespace graft::driver {

/// The file's bytes, and what fstat says of it. kNotFound when it is not there, kEnvironment for whatever else stands in the
/// way; a symbolic link is not followed.
Result<std::vector<char>> read_small_file(const std::string &path, struct ::stat *status = nullptr);

/// A file of mode 0600 under a name of its own, removed again with the object unless it was moved. Not synced: after a crash
/// of the machine an entry may be empty or torn, which its seal tells.
class TemporaryFile {
 public:
  /// Fails: kEnvironment, also when the disk is full.
  static Result<TemporaryFile> create(const std::string &folder, std::span<const char> contents);
  TemporaryFile(TemporaryFile &&other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~TemporaryFile();

  const std::string &path() const { return path_; }
  Result<void> move_to(const std::string &path) &&;

 private:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  std::string path_; ///< empty: nothing to remove
};

} // namespace graft::driver
