// One watched bundle: the files that stand behind it, what was in them when they were last taken care of, and where changes
// of them can come from.
//
// W1: `seen` holds, for each file, the content whose consequences were drawn: a compile read it, or was begun after it was
// read here.
//     So a file is changed exactly when its content differs from `seen`, and no save is lost between a compile and a look.
#pragma once

#include "folder_watch.hpp"
#include "inputs.hpp"

#include <graft/base/result.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// For one thread.
class WatchedBundle {
 public:
  /// `path` is absolute; `include_dirs` are the runtime's.
  WatchedBundle(std::string path, std::vector<std::string> include_dirs);

  const std::string &path() const { return path_; }

  /// Whether a touched name could matter.
  bool concerns(const std::string &touched) const;
  /// Whether links or folders on the way to its files may be others now.
  bool moved(const Touched &touched) const;

  /// Finds out anew where changes can come from, and watches that.
  Result<void> arrange(FolderWatch &watch);
  void leave(FolderWatch &watch);

  /// The files among the touched ones, or among all, whose content changed; from now on that is seen (W1).
  std::set<std::string> changed(const Touched &touched);
  std::set<std::string> changed_anywhere();

  /// A compile read these. Whether there are files among them that it did not know: then `arrange`, and look everywhere.
  bool succeeded(const std::vector<InputFile> &inputs);
  /// A compile failed, or there was none. The error's files count as inputs; until it succeeds, any file nearby may be what
  /// it lacks.
  bool failed(const Error &error);

 private:
  bool is_in_tree(std::string_view path) const;
  bool may_matter(const std::string &path) const;
  void look_at(const std::string &file, std::set<std::string> &changed);
  Folders survey();
  void survey_tree(Folders &folders);
  bool note_files(const std::vector<Diagnostic> &diagnostics);

  std::string path_;
  std::vector<std::string> include_dirs_;
  std::map<std::string, ContentKey> seen_;             // W1
  std::map<std::string, InputFile::Kind> inputs_;      // as spelled
  std::set<std::string, std::less<>> names_;           // last components of inputs and of what was looked for in vain
  std::map<std::string, std::set<std::string>> nodes_; // node on the way -> inputs, or folders, that it decides
  std::set<std::string> ends_;                         // nodes where a way ends: the files themselves
  std::set<std::string> near_;                         // folders where a file that a failed compile lacks may appear
  Folders folders_;
  std::string tree_; // the bundle's folder without links; empty for a lone file
  std::set<std::string> tree_folders_;
  bool failed_ = true; // until the first compile
};

} // namespace graft
