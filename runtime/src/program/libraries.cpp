// The search of `-l`, without a linker.
#include "libraries.hpp"

#include "../bundle/source_files.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

namespace graft {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char *, 6> kSystemDirectories = {
    "/usr/local/lib", "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/usr/lib"};
/// Parts of the compiler's own run-time library, which graft links anyway.
constexpr std::array<std::string_view, 3> kBuiltIn = {"gcc", "gcc_eh", "c_nonshared"};

bool is_there(const fs::path &path) {
  std::error_code failure;
  return fs::is_regular_file(path, failure);
}

/// "libm.so.6" before "libm.so.10": longer numbers are newer.
bool is_older(const std::string &a, const std::string &b) { return std::pair(a.size(), a) < std::pair(b.size(), b); }

/// `libNAME.so.*` of one directory, the newest.
std::string newest_versioned(const fs::path &directory, const std::string &stem) {
  std::string newest;
  std::error_code failure;
  for (fs::directory_iterator entry(directory, failure); !failure && entry != fs::directory_iterator();
       entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    const bool is_version = name.size() > stem.size() + 4 && name.starts_with(stem + ".so.") &&
                            name.find_first_not_of("0123456789.", stem.size() + 4) == name.npos;
    if (is_version && is_older(newest, name)) newest = name;
  }
  return newest.empty() ? newest : (directory / newest).string();
}

/// The shared objects that a linker script's GROUP and INPUT name; the archives in it hold what graft brings itself.
std::vector<std::string> read_script(std::string text, const fs::path &directory) {
  for (std::size_t at; (at = text.find("/*")) != text.npos;) {
    const std::size_t end = text.find("*/", at);
    text.erase(at, end == text.npos ? text.npos : end + 2 - at);
  }
  std::ranges::replace_if(
      text, [](char character) { return character == '(' || character == ')' || character == ','; }, ' ');
  std::vector<std::string> objects;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word.find(".so") == word.npos) continue;
    const fs::path path = word.starts_with('/') ? fs::path(word) : directory / word;
    if (is_there(path)) objects.push_back(path.string());
  }
  return objects;
}

Result<std::vector<std::string>> objects_of(const fs::path &path) {
  GRAFT_TRY_ASSIGN(std::string bytes, read_file(path));
  if (bytes.starts_with("\177ELF")) return std::vector<std::string>{path.string()};
  if (bytes.starts_with("!<arch>"))
    return error(Code::kUnsupported,
                 "'" + path.string() + "' is an archive; graft links against shared libraries: give its sources");
  return read_script(std::move(bytes), path.parent_path());
}

} // namespace

Result<std::vector<std::string>> find_library(const std::string &name, const std::vector<std::string> &directories) {
  if (name.find('/') != name.npos) return objects_of(fs::absolute(name));
  if (std::ranges::find(kBuiltIn, name) != kBuiltIn.end()) return std::vector<std::string>{};
  std::vector<std::string> places = directories;
  places.insert(places.end(), kSystemDirectories.begin(), kSystemDirectories.end());
  const bool is_exact = name.starts_with(':');
  const std::string file = is_exact ? name.substr(1) : "lib" + name + ".so";
  for (const std::string &place : places)
    if (const fs::path path = fs::path(place) / file; is_there(path)) return objects_of(fs::absolute(path));
  if (is_exact) return error(Code::kNotFound, "no library '" + file + "' for -l" + name);
  for (const std::string &place : places)
    if (std::string path = newest_versioned(place, "lib" + name); !path.empty())
      return std::vector<std::string>{std::move(path)};
  for (const std::string &place : places)
    if (const fs::path path = fs::path(place) / ("lib" + name + ".a"); is_there(path)) return objects_of(path);
  return error(Code::kNotFound,
               "no library '" + file + "' for -l" + name + "; install its package, or name its directory with -L");
}

} // namespace graft
