// Which of a folder's entries are bundles.
#include "source_files.hpp"

#include <graft/runtime.hpp>

#include <algorithm>
#include <iterator>

namespace graft {
namespace {

namespace fs = std::filesystem;

bool is_bundle_file(const fs::path &path) {
  const std::string name = path.filename().string();
  return (is_source_name(name) && !is_test_file(path)) || path.extension() == ".tar" || path.extension() == ".so";
}

/// Subfolders that say by a manifest that they are bundles.
Result<std::vector<fs::path>> declared_in(const fs::path &folder) {
  std::vector<fs::path> found;
  std::error_code failure, gone; // what vanishes meanwhile is passed over
  fs::directory_iterator entry(folder, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure))
    if (!is_litter(entry->path().filename().string()) && fs::is_regular_file(entry->path() / "graft.toml", gone))
      found.push_back(entry->path());
  if (failure) return error(Code::kInvalid, "cannot read folder '" + folder.string() + "': " + failure.message());
  std::ranges::sort(found);
  return found;
}

} // namespace

Result<std::vector<fs::path>> bundles_beside_sources(const fs::path &folder) {
  std::error_code failure;
  if (!fs::is_directory(folder, failure) || fs::exists(folder / "graft.toml", failure)) return std::vector<fs::path>();
  GRAFT_TRY_ASSIGN(const bool has_sources, is_bundle_folder(folder));
  return has_sources ? declared_in(folder) : std::vector<fs::path>();
}

Result<std::vector<fs::path>> find_bundles(const fs::path &path) {
  std::error_code failure;
  if (!fs::is_directory(path, failure)) return std::vector{path};
  GRAFT_TRY_ASSIGN(const bool is_one, is_bundle_folder(path));
  if (is_one) {
    GRAFT_TRY_ASSIGN(std::vector<fs::path> beside, bundles_beside_sources(path));
    return beside.empty() ? std::vector{path} : std::move(beside);
  }
  std::vector<fs::path> bundles;
  fs::directory_iterator entry(path, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    const fs::path &each = entry->path();
    std::error_code gone; // what vanishes meanwhile is passed over
    if (is_litter(each.filename().string())) continue;
    if (!(fs::is_directory(each, gone) ? may_be_bundle_folder(each) : is_bundle_file(each))) continue;
    auto beside = bundles_beside_sources(each);
    if (beside && !(*beside).empty())
      std::ranges::move(*beside, std::back_inserter(bundles));
    else
      bundles.push_back(each); // one that cannot be read, too: loading it says why
  }
  if (failure) return error(Code::kInvalid, "cannot read folder '" + path.string() + "': " + failure.message());
  if (bundles.empty()) bundles.push_back(path); // loading it says what it lacks
  std::ranges::sort(bundles);
  return bundles;
}

} // namespace graft
