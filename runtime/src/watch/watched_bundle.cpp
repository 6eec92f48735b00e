// See watched_bundle.hpp.
#include "watched_bundle.hpp"

#include "../bundle/source_files.hpp"
#include "path_chain.hpp"

#include <graft/driver/compiler.hpp>

#include <algorithm>
#include <filesystem>

namespace graft {
namespace {

namespace fs = std::filesystem;

/// Zero when it cannot be read, whatever the reason: so it counts as changed when it can.
ContentKey key_on_disk(const std::string &path) {
  const auto text = read_file(path);
  return text ? driver::content_key(*text) : ContentKey{};
}

std::string name_of(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }
std::string folder_of(const std::string &path) { return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1)); }

/// What may join a compile by its being there.
bool is_code_name(std::string_view name) {
  static constexpr std::string_view kHeaders[] = {".h", ".hh", ".hpp", ".hxx", ".inc", ".inl", ".def"};
  return is_source_name(name) || is_machine_code_name(name) || name == "graft.toml" ||
         std::ranges::any_of(kHeaders, [&](std::string_view ending) { return name.ends_with(ending); });
}

void want(Folders &folders, const std::string &folder, Detail detail) {
  Detail &wanted = folders[folder];
  wanted = std::max(wanted, detail);
}

} // namespace

WatchedBundle::WatchedBundle(std::string path, std::vector<std::string> include_dirs)
    : path_(std::move(path)), include_dirs_(std::move(include_dirs)) {}

bool WatchedBundle::is_in_tree(std::string_view path) const {
  return !tree_.empty() && path.size() > tree_.size() && path.starts_with(tree_) && path[tree_.size()] == '/';
}

/// Of a file that is no input yet.
bool WatchedBundle::may_matter(const std::string &path) const {
  const std::string name = name_of(path);
  if (names_.contains(name)) return true;
  if (is_litter(name) || name == "4913") return false; // what editors write beside the file
  if (is_in_tree(path)) return failed_ || is_code_name(name) || tree_folders_.contains(path);
  return failed_ && near_.contains(folder_of(path)) && is_code_name(name);
}

bool WatchedBundle::concerns(const std::string &touched) const {
  if (nodes_.contains(touched)) return true;
  if (!is_in_tree(touched) && !folders_.contains(folder_of(touched))) return false;
  const auto detail = folders_.find(folder_of(touched));
  if (!is_in_tree(touched) && detail->second == Detail::kShape) return false; // a folder on the way
  std::error_code failure;
  return may_matter(touched) || (is_in_tree(touched) && fs::is_directory(touched, failure));
}

bool WatchedBundle::moved(const Touched &touched) const {
  if (touched.lost) return true;
  return std::ranges::any_of(touched.shapes, [&](const std::string &path) {
    std::error_code failure;
    const fs::file_status now = fs::symlink_status(path, failure);
    if (is_in_tree(path) && (tree_folders_.contains(path) || fs::is_directory(now))) return true;
    if (!nodes_.contains(path)) return false;
    // A plain file that was renamed over leads where it led; anything else may not.
    return !(fs::is_regular_file(now) && ends_.contains(path));
  });
}

void WatchedBundle::survey_tree(Folders &folders) {
  tree_.clear();
  tree_folders_.clear();
  std::error_code failure;
  const fs::path root = fs::canonical(path_, failure);
  if (failure || !fs::is_directory(root, failure)) return;
  tree_ = root.string();
  want(folders, tree_, Detail::kContent);
  fs::recursive_directory_iterator entry(root, fs::directory_options::skip_permission_denied, failure);
  for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
    std::error_code ignored;
    if (!entry->is_directory(ignored) || entry->is_symlink(ignored)) continue;
    if (is_litter(entry->path().filename().string())) {
      entry.disable_recursion_pending();
      continue;
    }
    tree_folders_.insert(entry->path().string());
    want(folders, entry->path().string(), Detail::kContent);
  }
}

Folders WatchedBundle::survey() {
  Folders folders;
  nodes_.clear();
  ends_.clear();
  near_.clear();
  const auto follow = [&](const std::string &path) {
    const std::vector<PathNode> chain = path_chain(path);
    for (const PathNode &node : chain) {
      nodes_[node.text()].insert(path);
      want(folders, node.folder, &node == &chain.back() ? Detail::kContent : Detail::kShape);
    }
    if (chain.empty()) return;
    ends_.insert(chain.back().text());
    near_.insert(chain.back().folder);
  };
  follow(path_);
  for (const auto &[file, kind] : inputs_) {
    if (kind != InputFile::Kind::kSystem) {
      follow(file);
      continue;
    }
    std::error_code failure; // who replaces a system's folders restarts the host
    const std::string real = fs::weakly_canonical(file, failure).string();
    nodes_[real].insert(file);
    want(folders, folder_of(real), Detail::kContent);
  }
  for (const std::string &directory : include_dirs_) {
    follow(directory);
    std::error_code failure;
    const std::string real = fs::weakly_canonical(directory, failure).string();
    want(folders, real, Detail::kContent);
    near_.insert(real);
  }
  survey_tree(folders);
  return folders;
}

Result<void> WatchedBundle::arrange(FolderWatch &watch) {
  // What is made between a survey and its watches would be missed: the survey is repeated until it finds nothing new.
  constexpr int kMostRounds = 10;
  for (int round = 0; round < kMostRounds; ++round) {
    Folders found = survey();
    if (round > 0 && found == folders_) break;
    GRAFT_TRY(watch.replace(std::exchange(folders_, found), found));
  }
  return {};
}

void WatchedBundle::leave(FolderWatch &watch) {
  ignore(watch.replace(std::exchange(folders_, {}), {}), "watching nothing exhausts nothing");
}

void WatchedBundle::look_at(const std::string &file, std::set<std::string> &changed) {
  const ContentKey now = key_on_disk(file);
  ContentKey &seen = seen_[file];
  if (seen == now) return;
  seen = now;
  std::error_code failure; // one file has one name here, however each bundle spells it
  changed.insert(fs::weakly_canonical(file, failure).string());
}

std::set<std::string> WatchedBundle::changed(const Touched &touched) {
  std::set<std::string> result;
  for (const std::string &path : touched.paths) {
    const auto decided = nodes_.find(path);
    if (decided != nodes_.end())
      for (const std::string &file : decided->second) look_at(file, result);
    else if (concerns(path))
      look_at(path, result);
  }
  return result;
}

std::set<std::string> WatchedBundle::changed_anywhere() {
  std::set<std::string> result;
  for (const auto &[file, kind] : inputs_) look_at(file, result);
  std::error_code failure;
  std::set<std::string> folders = tree_folders_;
  if (!tree_.empty()) folders.insert(tree_);
  if (failed_) folders.insert(near_.begin(), near_.end());
  for (const std::string &folder : folders) {
    fs::directory_iterator entry(folder, failure);
    for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
      const std::string path = entry->path().string();
      std::error_code ignored;
      if (!nodes_.contains(path) && entry->is_regular_file(ignored) && may_matter(path)) look_at(path, result);
    }
  }
  return result;
}

bool WatchedBundle::succeeded(const std::vector<InputFile> &inputs) {
  bool is_new = false;
  std::map<std::string, InputFile::Kind> now;
  names_.clear();
  for (const InputFile &input : inputs) {
    names_.insert(name_of(input.path));
    if (input.kind == InputFile::Kind::kProbed) continue;
    is_new |= !inputs_.contains(input.path);
    now[input.path] = input.kind;
    seen_[input.path] = input.content; // W1
  }
  inputs_ = std::move(now);
  failed_ = false;
  return is_new;
}

bool WatchedBundle::note_files(const std::vector<Diagnostic> &diagnostics) {
  bool is_new = false;
  for (const Diagnostic &diagnostic : diagnostics) {
    const std::string &file = diagnostic.where.file;
    if (file.starts_with('/') && !file.starts_with("/.graft/")) // unseen (W1): nobody knows what of it the compile read
      is_new |= inputs_.try_emplace(file, InputFile::Kind::kHeader).second;
    is_new |= note_files(diagnostic.notes);
  }
  return is_new;
}

bool WatchedBundle::failed(const Error &error) {
  const bool was_well = !std::exchange(failed_, true);
  return note_files(error.diagnostics) || was_well;
}

} // namespace graft
