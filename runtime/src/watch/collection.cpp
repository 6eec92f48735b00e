// See collection.hpp.
#include "collection.hpp"

#include "../bundle/source_files.hpp"
#include "path_chain.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace graft {
namespace {

namespace fs = std::filesystem;

std::string folder_of(const std::string &path) { return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1)); }

} // namespace

bool Collection::holds(const std::string &bundle) const { return folder_of(bundle) == path_ || deeper_.contains(bundle); }

bool Collection::concerns(const std::string &touched) const {
  return way_.contains(touched) || inside_.contains(folder_of(touched));
}

Folders Collection::survey(std::vector<std::string> &bundles) {
  Folders folders;
  bundles.clear();
  way_.clear();
  for (const PathNode &node : path_chain(path_)) {
    folders.emplace(node.folder, Detail::kShape);
    way_.insert(node.text());
  }
  std::error_code failure;
  const auto own = bundles_beside_sources(path_);
  const bool is_hosts = own && !(*own).empty(); // other folders of a host, such as its build's, are no bundles
  inside_ = {fs::weakly_canonical(path_, failure).string()};
  fs::directory_iterator entry(path_, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    const std::string path = entry->path().string();
    std::error_code ignored;
    if (is_litter(entry->path().filename().string()) || !entry->is_directory(ignored)) continue;
    if (is_hosts ? fs::exists(entry->path() / "graft.toml", ignored) : may_be_bundle_folder(path)) {
      const auto beside = bundles_beside_sources(path);
      if (!beside || (*beside).empty()) {
        bundles.push_back(path);
        continue;
      }
      for (const fs::path &bundle : *beside) {
        bundles.push_back(bundle.string());
        deeper_.insert(bundle.string());
      }
    }
    inside_.insert(fs::weakly_canonical(path, ignored).string());
  }
  for (const std::string &folder : inside_) folders.emplace(folder, Detail::kShape);
  std::ranges::sort(bundles);
  return folders;
}

Result<std::vector<std::string>> Collection::arrange(FolderWatch &watch) {
  constexpr int kMostRounds = 10; // what comes between a survey and its watches is found by the next
  std::vector<std::string> bundles;
  for (int round = 0; round < kMostRounds; ++round) {
    Folders found = survey(bundles);
    if (round > 0 && found == folders_) break;
    GRAFT_TRY(watch.replace(std::exchange(folders_, found), found));
  }
  return bundles;
}

} // namespace graft
