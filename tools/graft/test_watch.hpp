// Which bundles a save touches, for `graft test --watch`: those that read a changed file when they were compiled with their
// tests.
#pragma once

#include <graft/base/result.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace graft::tool {

/// Owns: one inotify descriptor. Threads: one. What decides is files' content, never their time.
class SaveWatch {
 public:
  /// `paths` is where the bundles were found, and where others may come.
  static Result<std::unique_ptr<SaveWatch>> create(std::vector<std::string> bundles, std::vector<std::string> paths,
                                                   std::vector<std::string> include_dirs);
  ~SaveWatch();
  SaveWatch(const SaveWatch &) = delete;
  SaveWatch &operator=(const SaveWatch &) = delete;

  const std::vector<std::string> &bundles() const { return bundles_; }
  /// The bundles whose files changed since the last look, or that came; waits for that. None: `stop` became readable.
  std::vector<std::string> wait(int stop);

 private:
  using Files = std::map<std::string, std::size_t>; ///< a hash of each file's content

  SaveWatch(int descriptor, std::vector<std::string> bundles, std::vector<std::string> paths,
            std::vector<std::string> include_dirs)
      : descriptor_(descriptor), bundles_(std::move(bundles)), paths_(std::move(paths)),
        include_dirs_(std::move(include_dirs)) {}
  /// Looks for bundles where there were none, and listens there.
  void find_new();
  Files look_at(const std::string &bundle);

  int descriptor_;
  std::vector<std::string> bundles_;
  std::vector<std::string> paths_;
  std::vector<std::string> include_dirs_;
  std::map<std::string, Files> known_;
};

} // namespace graft::tool
