// A folder of bundles: which of its folders are bundles now. As in find_bundles, a folder in it may be a host's, beside whose sources
// the bundles are.
#pragma once

#include "folder_watch.hpp"

#include <set>
#include <string>
#include <vector>

namespace graft {

/// For one thread.
class Collection {
 public:
  explicit Collection(std::string path) : path_(std::move(path)) {}

  const std::string &path() const { return path_; }
  bool holds(const std::string &bundle) const;
  /// Whether a touched name may be that of a bundle, or make a folder one.
  bool concerns(const std::string &touched) const;

  /// Watches the folder and those in it that are no bundles yet, and lists the bundles among them, sorted.
  Result<std::vector<std::string>> arrange(FolderWatch &watch);

 private:
  Folders survey(std::vector<std::string> &bundles);

  std::string path_; // absolute, as spelled
  Folders folders_;
  std::set<std::string> way_;    // nodes that decide what the path leads to
  std::set<std::string> deeper_; // bundles beside the sources of a host in it
  std::set<std::string> inside_; // the folder and those in it that are no bundles, without links
};

} // namespace graft
