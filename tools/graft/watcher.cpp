// inotify, folder by folder: it does not look below by itself.
#include "watcher.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace graft::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR;

/// What editors write beside the file: swap files, locks, backups, vim's probe.
bool is_noise(std::string_view name) {
  return name.empty() || name[0] == '.' || name[0] == '#' || name.ends_with('~') || name.ends_with(".swp") ||
         name.ends_with(".swx") || name.ends_with(".tmp") || name == "4913";
}

} // namespace

Result<std::unique_ptr<Watcher>> Watcher::create() {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return error(Code::kExhausted, std::string("cannot watch files: ") + std::strerror(errno));
  return std::unique_ptr<Watcher>(new Watcher(descriptor));
}

Watcher::~Watcher() { ::close(descriptor_); }

Result<void> Watcher::watch(const std::string &path, std::size_t number) {
  std::error_code failure;
  return watch_folder(fs::is_directory(path, failure) ? path : fs::path(path).parent_path().string(), number);
}

Result<void> Watcher::watch_folder(const std::string &folder, std::size_t number) {
  const int watch = ::inotify_add_watch(descriptor_, folder.c_str(), kEvents);
  if (watch < 0) return error(Code::kExhausted, fmt::format("cannot watch '{}': {}", folder, std::strerror(errno)));
  folders_[watch].path = folder;
  folders_[watch].numbers.insert(number);
  std::error_code failure;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder, failure)) {
    if (!entry.is_directory(failure) || entry.is_symlink(failure) || is_noise(entry.path().filename().string())) continue;
    GRAFT_TRY(watch_folder(entry.path().string(), number));
  }
  return {};
}

void Watcher::drain(std::set<std::size_t> &changed) {
  alignas(inotify_event) char buffer[16 * 1024];
  for (ssize_t size; (size = ::read(descriptor_, buffer, sizeof buffer)) > 0;) {
    for (const char *at = buffer; at < buffer + size;) {
      const auto *event = reinterpret_cast<const inotify_event *>(at);
      at += sizeof(inotify_event) + event->len;
      if ((event->mask & IN_Q_OVERFLOW) != 0) { // what was lost may be anything
        for (const auto &[watch, folder] : folders_) changed.insert(folder.numbers.begin(), folder.numbers.end());
        continue;
      }
      const std::string_view name = event->len != 0 ? event->name : "";
      const auto found = folders_.find(event->wd);
      if (is_noise(name) || found == folders_.end()) continue;
      const Folder folder = found->second;
      const std::string path = folder.path + "/" + std::string(name);
      std::error_code failure;
      if ((event->mask & IN_ISDIR) != 0) {
        if ((event->mask & (IN_CREATE | IN_MOVED_TO)) != 0)
          for (std::size_t number : folder.numbers)
            ignore(watch_folder(path, number), "a folder that is gone again needs no watch");
      } else if ((event->mask & IN_CREATE) != 0 && !fs::is_symlink(path, failure)) {
        continue; // the end of its writing is what counts
      }
      changed.insert(folder.numbers.begin(), folder.numbers.end());
    }
  }
}

std::set<std::size_t> Watcher::wait(std::chrono::milliseconds quiet, int stop_descriptor) {
  std::set<std::size_t> changed;
  for (;;) {
    pollfd descriptors[] = {{descriptor_, POLLIN, 0}, {stop_descriptor, POLLIN, 0}};
    const int ready = ::poll(descriptors, 2, changed.empty() ? -1 : static_cast<int>(quiet.count()));
    if (ready < 0 && errno != EINTR) return {};
    if (ready > 0 && descriptors[1].revents != 0) return {};
    if (ready == 0 && !changed.empty()) return changed;
    if (ready > 0) drain(changed);
  }
}

} // namespace graft::tool
