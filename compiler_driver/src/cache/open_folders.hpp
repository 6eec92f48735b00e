// Asks after many files of few folders: each folder is walked to once, and a file costs a look at its name.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

struct stat;

namespace graft::driver {

/// The folders stay open as long as it lives. Threads: one at a time.
class OpenFolders {
 public:
  OpenFolders() = default;
  ~OpenFolders();
  OpenFolders(const OpenFolders &) = delete;
  OpenFolders &operator=(const OpenFolders &) = delete;

  /// What stat(2) says of `path`; false when it says nothing.
  bool status(const std::string &path, struct ::stat &status);

 private:
  enum class Kind : unsigned char { kOpen, kAbsent, kUnknown };
  struct Folder {
    Kind kind;
    int descriptor;
  };
  Folder folder(std::string_view path);

  std::map<std::string, Folder, std::less<>> folders_;
};

} // namespace graft::driver
