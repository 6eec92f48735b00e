// See repl_kept.hpp. Bundles are compared byte by byte: a time says nothing of what a file says.
#include "repl_kept.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string_view>

namespace graft::tool {
namespace {

namespace fs = std::filesystem;

constexpr const char *kOf = ".of"; ///< names what is kept in a folder
constexpr std::uintmax_t kMostBytes = std::uintmax_t{64} << 20;

bool is_header(const fs::path &path) {
  constexpr std::array<std::string_view, 7> kEndings = {".h", ".hh", ".hpp", ".hxx", ".inc", ".inl", ".def"};
  return std::ranges::find(kEndings, path.extension().string()) != kEndings.end();
}

std::string contents_of(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The files of a bundle, by their paths from the folder that they are in.
std::map<std::string, fs::path> files_of(const fs::path &bundle) {
  std::map<std::string, fs::path> files;
  std::error_code failure;
  if (!fs::is_directory(bundle, failure)) {
    if (fs::is_regular_file(bundle, failure)) files[bundle.filename()] = bundle;
    for (fs::directory_iterator at(bundle.parent_path(), failure), end; !failure && at != end; at.increment(failure))
      if (is_header(at->path()) && at->is_regular_file(failure)) files[at->path().filename()] = at->path();
    return files;
  }
  for (fs::recursive_directory_iterator at(bundle, failure), end; !failure && at != end; at.increment(failure)) {
    const bool is_hidden = at->path().filename().string().starts_with('.');
    if (is_hidden && at->is_directory(failure)) at.disable_recursion_pending();
    if (!is_hidden && at->is_regular_file(failure)) files[at->path().lexically_relative(bundle)] = at->path();
  }
  return files;
}

fs::path folder_of(const fs::path &bundle) {
  std::error_code failure;
  return fs::is_directory(bundle, failure) ? bundle : bundle.parent_path();
}

} // namespace

Result<std::string> keep_bundle(const std::string &bundle, const std::string &folder) {
  std::error_code failure;
  const fs::path path = fs::absolute(bundle, failure).lexically_normal();
  const fs::path source = path.has_filename() ? path : path.parent_path();
  const fs::path files = folder + folder_of(source).string();
  std::uintmax_t bytes = 0;
  for (const auto &[name, file] : files_of(source)) {
    bytes += fs::file_size(file, failure);
    if (bytes > kMostBytes) return error(Code::kEnvironment, "bundle '" + bundle + "' has more than 64 MB of files");
    fs::create_directories((files / name).parent_path(), failure);
    if (fs::copy_file(file, files / name, fs::copy_options::overwrite_existing, failure); failure)
      return error(Code::kEnvironment, "cannot copy '" + file.string() + "': " + failure.message());
  }
  std::ofstream(folder + "/" + kOf, std::ios::app) << source.string() << '\n';
  return folder + source.string();
}

bool is_changed(const std::string &folder) {
  std::ifstream of(folder + "/" + kOf);
  for (std::string source; std::getline(of, source);) {
    const auto then = files_of(folder + source), now = files_of(source);
    const auto is_same = [](const auto &a, const auto &b) {
      return a.first == b.first && contents_of(a.second) == contents_of(b.second);
    };
    if (!std::ranges::equal(then, now, is_same)) return true;
  }
  return false;
}

std::string kept_from(const std::string &path, const std::string &root) {
  if (root.empty() || !path.starts_with(root + "/")) return path;
  const std::size_t end = path.find('/', root.size() + 1);
  return end == path.npos ? path : path.substr(end);
}

std::string quoted(const std::string &word) {
  std::string text = "\"";
  for (const char c : word) text.append(c == '"' || c == '\\' ? 1 : 0, '\\').push_back(c);
  return text + "\"";
}

} // namespace graft::tool
