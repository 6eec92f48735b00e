// Folders and files through the C library, because its errors are the ones that people know.
#include "source_files.hpp"

#include <graft/base/fault.hpp>

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <span>

namespace graft {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 8> kEndings = {".c", ".cc", ".cpp", ".cxx", ".c++", ".C", ".bc", ".ll"};

Error cannot(const char *verb, const fs::path &path, int number) {
  const bool is_absent = number == ENOENT || number == ENOTDIR;
  const bool is_exhausted = number == EMFILE || number == ENFILE || number == ENOMEM;
  const Code code = is_absent ? Code::kNotFound : is_exhausted ? Code::kExhausted : Code::kInvalid;
  return error(code, std::string("cannot ") + verb + " '" + path.string() + "': " + std::strerror(number));
}

/// Names in a folder, sorted, without litter.
Result<std::vector<std::string>> list_names(const fs::path &folder) {
  std::error_code failure;
  std::vector<std::string> names;
  fs::directory_iterator entry;
  if (fault::at("cannot read folder", EMFILE))
    failure.assign(errno, std::generic_category());
  else
    entry = fs::directory_iterator(folder, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    std::string name = entry->path().filename().string();
    if (!is_litter(name)) names.push_back(std::move(name));
  }
  if (failure) return cannot("read folder", folder, failure.value());
  std::ranges::sort(names);
  return names;
}

/// A link that leads nowhere counts as a file, so that reading it says so.
bool is_file(const fs::path &path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return true;
  return S_ISREG(status.st_mode);
}
bool is_folder(const fs::path &path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}
bool is_link(const fs::path &path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
}

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != text.npos; }

/// Collects what the segments match below `folder`. Links to folders are not followed under `**`, so that a cycle ends.
Result<void> match(const fs::path &folder, std::span<const std::string> segments, std::set<fs::path> &found) {
  const std::string &segment = segments.front();
  const bool is_last = segments.size() == 1;
  GRAFT_TRY_ASSIGN(const std::vector<std::string> names, list_names(folder));
  if (segment == "**") {
    if (!is_last) GRAFT_TRY(match(folder, segments.subspan(1), found));
    for (const std::string &name : names) {
      const fs::path path = folder / name;
      if (is_folder(path)) {
        if (!is_link(path)) GRAFT_TRY(match(path, segments, found));
      } else if (is_last && is_file(path)) {
        found.insert(path);
      }
    }
    return {};
  }
  for (const std::string &name : names) {
    if (::fnmatch(segment.c_str(), name.c_str(), FNM_PERIOD) != 0) continue;
    const fs::path path = folder / name;
    if (is_folder(path)) {
      if (!is_last) GRAFT_TRY(match(path, segments.subspan(1), found));
    } else if (is_last && is_file(path)) {
      found.insert(path);
    }
  }
  return {};
}

} // namespace

bool is_source_name(std::string_view name) {
  return std::ranges::any_of(kEndings,
                             [&](std::string_view ending) { return name.size() > ending.size() && name.ends_with(ending); });
}

bool is_machine_code_name(std::string_view name) {
  static constexpr std::array<std::string_view, 3> kMachineCode = {".o", ".a", ".so"};
  return std::ranges::any_of(kMachineCode,
                             [&](std::string_view ending) { return name.size() > ending.size() && name.ends_with(ending); });
}

static bool is_test_name(const fs::path &path) {
  return is_source_name(path.filename().string()) && path.stem().string().ends_with("_test");
}

bool is_test_text(std::string_view name, std::string_view text) {
  return is_test_name(name) && text.find("graft/test.h") != text.npos;
}

bool is_test_file(const fs::path &path) {
  if (!is_test_name(path)) return false;
  const Result<std::string> text = read_file(path); // what cannot be read is an error of the load
  return text && is_test_text(path.filename().string(), *text);
}

bool takes_kind(std::string_view pattern, std::string_view name) {
  return is_source_name(name) || (is_machine_code_name(name) && is_machine_code_name(pattern));
}

bool is_litter(std::string_view name) {
  return name.empty() || name[0] == '.' || name.ends_with('~') || name.ends_with(".swp") || name.ends_with(".swo") ||
         (name.starts_with('#') && name.ends_with('#'));
}

/// Far above any source (SQLite's amalgamation has 9 million), and far below what would exhaust the host.
constexpr off_t kMostBytes = 256 * 1024 * 1024;

Result<std::string> read_file(const fs::path &path) {
  constexpr int kHow = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK; // non-blocking: a FIFO must not hang us
  const int file = fault::at("cannot read", EMFILE) ? -1 : ::open(path.c_str(), kHow);
  if (file < 0) return cannot("read", path, errno);
  struct stat status = {};
  int failure = ::fstat(file, &status) != 0 ? errno : S_ISDIR(status.st_mode) ? EISDIR : 0;
  if (failure == 0 && !S_ISREG(status.st_mode)) {
    ::close(file);
    return error(Code::kInvalid, "cannot read '" + path.string() + "': it is not a regular file");
  }
  if (failure == 0 && status.st_size > kMostBytes) {
    ::close(file);
    return error(Code::kInvalid, "cannot read '" + path.string() + "': it has " + std::to_string(status.st_size) +
                                     " bytes, and a file of a bundle at most " + std::to_string(kMostBytes));
  }
  std::string text;
  if (failure == 0) {
    constexpr std::size_t kChunk = 64 * 1024;
    std::size_t used = 0;
    for (;;) {
      text.resize(std::max<std::size_t>(used + kChunk, static_cast<std::size_t>(status.st_size) + 1));
      const ssize_t count = fault::at("cannot read", EIO) ? -1 : ::read(file, text.data() + used, text.size() - used);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) failure = errno;
      if (count <= 0) break;
      used += static_cast<std::size_t>(count);
    }
    text.resize(used);
  }
  ::close(file);
  if (failure != 0) return cannot("read", path, failure);
  return text;
}

Result<void> expect_text(const fs::path &path, std::string_view head) {
  using namespace std::string_view_literals;
  if (!is_source_name(path.filename().string()) || path.extension() == ".bc") return {};
  const auto refuse = [&](std::string_view what) {
    return error(Code::kInvalid, "'" + path.string() + "' is no source: " + std::string(what));
  };
  if (head.starts_with("\177ELF"sv)) return refuse("it is machine code, whose name ends in .o, .a or .so");
  if (head.starts_with("BC\xC0\xDE"sv)) return refuse("it is LLVM bitcode, whose name ends in .bc");
  if (head.starts_with("\xFF\xFE"sv) || head.starts_with("\xFE\xFF"sv))
    return refuse("it is UTF-16, and sources are UTF-8; 'iconv -f UTF-16 -t UTF-8' converts it");
  constexpr std::size_t kLook = 8000; // as much as git looks at
  if (const std::size_t at = head.substr(0, kLook).find('\0'); at != head.npos)
    return refuse("its byte " + std::to_string(at) + " is zero, so it is no text");
  return {};
}

Result<std::vector<fs::path>> list_sources(const fs::path &folder, const TakesKind &takes) {
  GRAFT_TRY_ASSIGN(const std::vector<std::string> names, list_names(folder));
  std::vector<fs::path> sources;
  for (const std::string &name : names)
    if (takes("*", name) && is_file(folder / name)) sources.push_back(folder / name);
  return sources;
}

Result<std::vector<fs::path>> list_sources(const fs::path &folder) {
  GRAFT_TRY_ASSIGN(std::vector<fs::path> sources, list_sources(folder, takes_kind));
  std::erase_if(sources, is_test_file);
  return sources;
}

Result<bool> is_bundle_folder(const fs::path &folder) {
  if (std::error_code failure; fs::exists(folder / "graft.toml", failure)) return true;
  const auto sources = list_sources(folder);
  if (sources.code() == Code::kExhausted) return sources.error();
  return sources && !sources->empty();
}

bool may_be_bundle_folder(const fs::path &folder) {
  const auto is_one = is_bundle_folder(folder);
  return !is_one || *is_one;
}

Result<std::vector<fs::path>> match_sources(const fs::path &folder, const std::string &pattern, const TakesKind &takes) {
  if (!has_wildcard(pattern)) {
    const fs::path path = (folder / pattern).lexically_normal();
    if (is_folder(path))
      return error(Code::kInvalid, "source '" + pattern + "' is a folder; write '" + pattern + "/*' for its files");
    if (!takes(pattern, pattern))
      return error(Code::kInvalid, "source '" + pattern + "' is of no kind that graft takes (" + kKnownKinds + ")");
    return std::vector<fs::path>{path};
  }
  std::vector<std::string> segments;
  for (const fs::path &segment : fs::path(pattern).lexically_normal())
    if (!segment.empty()) segments.push_back(segment.string());
  std::set<fs::path> found;
  GRAFT_TRY(match(folder, segments, found));
  std::erase_if(found, [&](const fs::path &path) { return !takes(pattern, path.filename().string()) || is_test_file(path); });
  if (found.empty()) return error(Code::kInvalid, "no source matches '" + pattern + "' in '" + folder.string() + "'");
  return std::vector<fs::path>(found.begin(), found.end());
}

bool matches(std::string_view pattern, std::string_view path) {
  const std::size_t end = std::min(pattern.find('/'), pattern.size());
  const bool is_last = end == pattern.size();
  const std::string segment(pattern.substr(0, end));
  const std::string_view rest = is_last ? std::string_view() : pattern.substr(end + 1);
  const std::size_t slash = path.find('/');
  const std::string name(path.substr(0, slash));
  if (is_litter(name)) return false;
  if (segment == "**")
    return is_last ? slash == path.npos || matches(pattern, path.substr(slash + 1))
                   : matches(rest, path) || (slash != path.npos && matches(pattern, path.substr(slash + 1)));
  if (::fnmatch(segment.c_str(), name.c_str(), FNM_PERIOD) != 0) return false;
  return is_last ? slash == path.npos : slash != path.npos && matches(rest, path.substr(slash + 1));
}

} // namespace graft
