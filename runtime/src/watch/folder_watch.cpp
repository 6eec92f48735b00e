// See folder_watch.hpp.
#include "folder_watch.hpp"

#include <graft/base/fault.hpp>

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace graft {
namespace {

constexpr std::uint32_t kShape = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
// Writes are told when they happen, not only when the file is closed: a program may keep it open. IN_ATTRIB: it became
// readable.
constexpr std::uint32_t kContent = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;

std::string join(const std::string &folder, const char *name) {
  return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

} // namespace

Result<std::unique_ptr<FolderWatch>> FolderWatch::create() {
  const int descriptor = fault::at("cannot watch files", EMFILE) ? -1 : ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0)
    return error(Code::kExhausted, std::string("cannot watch files: ") + std::strerror(errno) +
                                       "; raise /proc/sys/fs/inotify/max_user_instances, or watch less");
  return std::unique_ptr<FolderWatch>(new FolderWatch(descriptor));
}

FolderWatch::~FolderWatch() { ::close(descriptor_); }

void FolderWatch::release(const std::string &folder, Uses &uses) {
  const auto found = names_.find(uses.number);
  uses.number = -1;
  if (found == names_.end()) return;
  found->second.erase(folder);
  if (!found->second.empty()) return;
  ::inotify_rm_watch(descriptor_, found->first);
  names_.erase(found);
}

Result<void> FolderWatch::watch(const std::string &folder, Uses &uses) {
  const std::uint32_t mask = kShape | (uses.content > 0 ? kContent : 0) | IN_ONLYDIR;
  const int number = fault::at("cannot watch folder", ENOSPC) ? -1 : ::inotify_add_watch(descriptor_, folder.c_str(), mask);
  const int reason = errno;
  if (number == uses.number && number >= 0) return {};
  release(folder, uses); // the number of what stood there before
  if (number >= 0) {
    uses.number = number;
    names_[number].insert(folder);
    return {};
  }
  if (reason != ENOSPC && reason != ENOMEM) return {}; // not there, not a folder any more, or not ours to read
  return error(Code::kExhausted, "cannot watch folder '" + folder + "': " + std::strerror(reason) +
                                     "; raise /proc/sys/fs/inotify/max_user_watches, or watch less");
}

Result<void> FolderWatch::replace(const Folders &before, const Folders &after) {
  const auto count = [](Uses &uses, Detail detail) -> std::size_t & {
    return detail == Detail::kContent ? uses.content : uses.shape;
  };
  for (const auto &[folder, detail] : after) ++count(uses_[folder], detail);
  for (const auto &[folder, detail] : before) {
    const auto found = uses_.find(folder);
    Uses &uses = found->second;
    --count(uses, detail);
    if (uses.shape + uses.content > 0) continue;
    release(folder, uses);
    uses_.erase(found);
  }
  Result<void> outcome;
  for (const auto &[folder, detail] : after)
    if (auto watched = watch(folder, uses_[folder]); !watched && outcome) outcome = std::move(watched);
  return outcome;
}

Touched FolderWatch::take() {
  Touched touched;
  alignas(inotify_event) char buffer[16 * 1024];
  for (ssize_t size; !fault::at("inotify read") && (size = ::read(descriptor_, buffer, sizeof buffer)) > 0;) {
    for (const char *at = buffer; at < buffer + size;) {
      const auto *event = reinterpret_cast<const inotify_event *>(at);
      at += sizeof(inotify_event) + event->len;
      if ((event->mask & IN_Q_OVERFLOW) != 0) touched.lost = true;
      const auto found = names_.find(event->wd);
      if (found == names_.end()) continue;
      if ((event->mask & IN_IGNORED) != 0) { // the folder is gone, and its number with it
        for (const std::string &folder : found->second) uses_[folder].number = -1;
        names_.erase(found);
      } else if (event->len != 0) {
        for (const std::string &folder : found->second) {
          const std::string path = join(folder, event->name);
          touched.paths.insert(path);
          if ((event->mask & kShape) != 0) touched.shapes.insert(path);
        }
      }
    }
  }
  return touched;
}

} // namespace graft
