// Tells when something in some folders was saved: inotify, with the noise of editors left out.
#pragma once

#include <graft/base/result.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace graft::tool {

/// Owns: one inotify descriptor. For one thread.
class Watcher {
 public:
  static Result<std::unique_ptr<Watcher>> create();
  ~Watcher();

  /// Watches a folder with all below it, or the folder of a file. `number` is what `wait` gives back.
  Result<void> watch(const std::string &path, std::size_t number);

  /// Waits for a save, and then until it has been quiet for `quiet`: one save is often several events. Gives the numbers of
  /// what changed; none when `stop_descriptor` became readable.
  std::set<std::size_t> wait(std::chrono::milliseconds quiet, int stop_descriptor);

 private:
  explicit Watcher(int descriptor) : descriptor_(descriptor) {}
  Result<void> watch_folder(const std::string &folder, std::size_t number);
  void drain(std::set<std::size_t> &changed);

  struct Folder {
    std::string path;
    std::set<std::size_t> numbers;
  };

  int descriptor_;
  std::map<int, Folder> folders_; // by watch
};

} // namespace graft::tool
