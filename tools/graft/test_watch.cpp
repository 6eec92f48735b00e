// See test_watch.hpp. inotify says that something happened in a folder; what it was, the files say.
#include "test_watch.hpp"

#include <graft/testing.hpp>

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

namespace graft::tool {
namespace {

namespace fs = std::filesystem;

constexpr int kQuietMs = 30; ///< one save is often several writes
constexpr std::uint32_t kWrites = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE;

std::size_t hash_of(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return std::hash<std::string>()(std::string(std::istreambuf_iterator<char>(file), {}));
}

/// Forgets what happened; the caller looks at everything now.
void drain(int descriptor) {
  std::array<char, 1 << 14> bytes;
  while (::read(descriptor, bytes.data(), bytes.size()) > 0) {
  }
}

} // namespace

Result<std::unique_ptr<SaveWatch>> SaveWatch::create(std::vector<std::string> bundles,
                                                     std::vector<std::string> paths,
                                                     std::vector<std::string> include_dirs) {
  const int descriptor = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (descriptor < 0) return error(Code::kExhausted, std::string("cannot watch files: ") + std::strerror(errno));
  std::unique_ptr<SaveWatch> watch(new SaveWatch(descriptor, std::move(bundles), std::move(paths), std::move(include_dirs)));
  watch->find_new();
  for (const std::string &bundle : watch->bundles_) watch->known_[bundle] = watch->look_at(bundle);
  return watch;
}

SaveWatch::~SaveWatch() { ::close(descriptor_); }

void SaveWatch::find_new() {
  std::error_code failure;
  for (const std::string &path : paths_) {
    if (!fs::is_directory(path, failure)) continue;
    ::inotify_add_watch(descriptor_, path.c_str(), kWrites);
    for (fs::directory_iterator entry(path, failure), end; !failure && entry != end; entry.increment(failure))
      if (entry->is_directory(failure)) ::inotify_add_watch(descriptor_, entry->path().c_str(), kWrites); // it may become one
    const auto found = find_bundles(path);
    if (!found) continue; // there is none yet
    for (const fs::path &bundle : *found)
      if (std::ranges::find(bundles_, bundle.string()) == bundles_.end()) bundles_.push_back(bundle.string());
  }
}

SaveWatch::Files SaveWatch::look_at(const std::string &bundle) {
  Files files;
  const auto add = [&](const fs::path &path) {
    std::error_code failure;
    ::inotify_add_watch(descriptor_, path.parent_path().c_str(), kWrites); // before it is read
    if (fs::is_regular_file(path, failure)) files[path.string()] = hash_of(path);
  };
  const fs::path path = fs::absolute(bundle).lexically_normal();
  std::error_code failure;
  if (!fs::is_directory(path, failure)) add(path);
  for (const fs::path &folder : {path, path / "tests"})
    for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure))
      add(entry->path());
  if (const auto inputs = test_inputs(bundle, include_dirs_))
    for (const fs::path &input : *inputs) add(input);
  else // it does not compile now: what it read when it did
    for (const auto &[known, hash] : known_[bundle]) add(known);
  return files;
}

std::vector<std::string> SaveWatch::wait(int stop) {
  for (;;) {
    std::array<pollfd, 2> descriptors = {{{descriptor_, POLLIN, 0}, {stop, POLLIN, 0}}};
    if (::poll(descriptors.data(), descriptors.size(), -1) < 0 && errno != EINTR) return {};
    if (descriptors[1].revents != 0) return {};
    do {
      drain(descriptor_);
    } while (::poll(descriptors.data(), 1, kQuietMs) == 1);
    std::vector<std::string> touched;
    find_new();
    for (const std::string &bundle : bundles_) {
      const Files files = look_at(bundle);
      if (files != known_[bundle]) touched.push_back(bundle);
      known_[bundle] = files;
    }
    if (!touched.empty()) return touched;
  }
}

} // namespace graft::tool
