// inotify, made into names: which names in which folders were touched. What that means is decided elsewhere, by content.
#pragma once

#include <graft/base/result.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace graft {

/// What happened since the last look.
struct Touched {
  std::set<std::string> paths;  ///< "folder/name" of everything that was written, made, moved or removed
  std::set<std::string> shapes; ///< those among them that came, went or became another: a link may lead elsewhere now
  bool lost = false;            ///< the queue ran over: anything may have happened
};

/// How much of a folder is asked for.
enum class Detail : std::uint8_t {
  kShape,   ///< what comes and goes in it
  kContent, ///< and what is written
};

using Folders = std::map<std::string, Detail>;

/// Owns: one inotify descriptor. For one thread.
class FolderWatch {
 public:
  static Result<std::unique_ptr<FolderWatch>> create();
  ~FolderWatch();

  /// Readable when something happened.
  int descriptor() const { return descriptor_; }

  /// One user's folders instead of those that it had before; also those that were deleted and made anew. A folder is watched
  /// as long as somebody uses it. kExhausted at the system's limit; a folder that is not there is nobody's error.
  Result<void> replace(const Folders &before, const Folders &after);

  /// What happened, without waiting.
  Touched take();

 private:
  struct Uses {
    std::size_t shape = 0;
    std::size_t content = 0;
    int number = -1; ///< the kernel's; -1 while the folder is not there
  };

  explicit FolderWatch(int descriptor) : descriptor_(descriptor) {}
  Result<void> watch(const std::string &folder, Uses &uses);
  void release(const std::string &folder, Uses &uses);

  int descriptor_;
  std::map<std::string, Uses> uses_;
  std::map<int, std::set<std::string>> names_; // by the kernel's number; two where a folder has two names (bind mounts)
};

} // namespace graft
