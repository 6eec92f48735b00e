// The watcher's thread: waits for a quiet moment, asks every bundle what changed, and has it worked off (watch_work.cpp).
//
// What is saved while a reload runs waits in inotify's queue: it becomes one more reload, of the newest text.
#include "../bundle/source_files.hpp"
#include "../call/caught.hpp"
#include "quiet.hpp"
#include "watcher_impl.hpp"

#include <graft/base/fault.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace graft {
namespace {

namespace fs = std::filesystem;

Result<std::string> absolute(const std::string &path) {
  std::error_code failure;
  fs::path found = fs::absolute(path, failure).lexically_normal();
  if (failure || path.empty()) return error(Code::kInvalid, "cannot watch '" + path + "': it is no path");
  if (!found.has_filename()) found = found.parent_path(); // "folder/"
  if (found.filename() == "graft.toml") found = found.parent_path();
  return found.string();
}

} // namespace

Watcher::Impl::~Impl() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_, &one, sizeof one);
  if (thread_.joinable()) thread_.join();
  ::close(stop_);
}

Result<void> Watcher::Impl::start() {
  for (const std::string &path : options_.paths) {
    GRAFT_TRY_ASSIGN(const std::string found, absolute(path));
    GRAFT_TRY(add(found));
  }
  work_off();
  return start_thread(thread_, "cannot start the watcher's thread", [this] { run(); });
}

Result<void> Watcher::Impl::add(const std::string &path) {
  std::error_code failure;
  const bool is_folder = fs::is_directory(path, failure) && !info_at(path);
  GRAFT_TRY_ASSIGN(const bool is_bundle, is_folder ? is_bundle_folder(path) : Result<bool>(true));
  GRAFT_TRY_ASSIGN(const auto beside, is_folder ? bundles_beside_sources(path) : Result<std::vector<fs::path>>(std::vector<fs::path>()));
  if (!is_bundle || !beside.empty()) {
    Collection &collection = collections_.emplace_back(path);
    GRAFT_TRY_ASSIGN(const std::vector<std::string> bundles, collection.arrange(*folders_));
    for (const std::string &bundle : bundles) enter(bundle);
    return {};
  }
  enter(path);
  return {};
}

Watcher::Impl::Entry &Watcher::Impl::enter(const std::string &path) {
  const auto known = std::ranges::find(entries_, path, [](const Entry &entry) { return entry.watched.path(); });
  if (known != entries_.end()) return *known;
  Entry &entry =
      entries_.emplace_back(Entry{WatchedBundle(path, inside_.config.include_dirs), {}, false, false, false, {}, {}, {}});
  if (const auto info = info_at(path)) { // the host loaded it; what was saved since then is a change
    entry.name = info->name;
    entry.watched.succeeded(inside_.inputs.of(entry.name));
  }
  look(entry);
  entry.again = !entry.name.empty();
  if (entry.name.empty()) entry.changes.insert(path);
  return entry;
}

/// A compile may have read what nobody looked at before.
void Watcher::Impl::look_again(Entry &entry) {
  look(entry);
  entry.again = !entry.changes.empty();
}

/// Where its files are may have changed; what is in them, too.
void Watcher::Impl::look(Entry &entry) {
  if (const auto arranged = entry.watched.arrange(*folders_); !arranged) {
    WatchEvent event{.phase = WatchPhase::kFailed, .path = entry.watched.path(), .error = &arranged.error()};
    tell(event);
  }
  entry.changes.merge(entry.watched.changed_anywhere());
}

void Watcher::Impl::run() {
  Quiet quiet(options_.quiet);
  Touched touched;
  for (;;) {
    std::array<pollfd, 2> descriptors = {{{folders_->descriptor(), POLLIN, 0}, {stop_, POLLIN, 0}}};
    const int ready = clock_.poll(descriptors, quiet.due());
    if (ready < 0 || descriptors[1].revents != 0) return;
    if (descriptors[0].revents != 0) {
      const std::size_t before = touched.paths.size();
      keep_what_matters(touched, folders_->take());
      if (touched.paths.size() != before || touched.lost) quiet.note(clock_.now());
    }
    if (const auto due = quiet.due(); !due || clock_.now() < *due) continue;
    quiet.clear();
    take_care(std::exchange(touched, {}));
    work_off();
  }
}

/// Adds what concerns anybody; a path that was touched again counts as new, so that the wait begins again.
void Watcher::Impl::keep_what_matters(Touched &touched, Touched more) {
  const auto concerns_somebody = [&](const std::string &path) {
    return std::ranges::any_of(entries_, [&](const Entry &entry) { return entry.watched.concerns(path); }) ||
           std::ranges::any_of(collections_, [&](const Collection &collection) { return collection.concerns(path); });
  };
  touched.lost |= more.lost;
  for (const std::string &path : more.paths)
    if (concerns_somebody(path)) touched.paths.insert(path);
  for (const std::string &path : more.shapes)
    if (touched.paths.contains(path)) touched.shapes.insert(path);
}

void Watcher::Impl::take_care(const Touched &touched) {
  for (Entry &entry : entries_) {
    entry.changes.merge(entry.watched.changed(touched));
    if (entry.watched.moved(touched)) look(entry);
  }
  for (Collection &collection : collections_) {
    const auto concerns = [&](const std::string &path) { return collection.concerns(path); };
    if (touched.lost || std::ranges::any_of(touched.shapes, concerns)) scan(collection);
  }
}

/// Loads what appeared, unloads what is gone.
void Watcher::Impl::scan(Collection &collection) {
  const auto bundles = collection.arrange(*folders_);
  if (!bundles) {
    WatchEvent event{.phase = WatchPhase::kFailed, .path = collection.path(), .error = &bundles.error()};
    return tell(event);
  }
  for (const std::string &bundle : *bundles) enter(bundle);
  const auto is_gone = [&](const Entry &entry) {
    std::error_code failure;
    return collection.holds(entry.watched.path()) && !fs::exists(entry.watched.path(), failure);
  };
  for (bool progress = true; progress;) { // who requires another goes first
    progress = false;
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      const auto one = entry++;
      if (!is_gone(*one) || !unload(*one)) continue;
      one->watched.leave(*folders_);
      entries_.erase(one);
      progress = true;
    }
  }
}

/// Whether nothing of it is loaded now. A refusal is told once.
bool Watcher::Impl::unload(Entry &entry) {
  entry.changes.clear();
  if (entry.name.empty() || entry.dismissed) return true;
  const std::vector<BundleInfo> before = infos_of({&entry});
  const auto unloaded = runtime_.unload(entry.name);
  if (unloaded) tell({.phase = WatchPhase::kUnloaded, .bundles = before});
  if (unloaded || unloaded.code() == Code::kNotFound) return true;
  const bool is_told = entry.failure == unloaded.error().text();
  entry.failure = unloaded.error().text();
  if (!is_told) tell({.phase = WatchPhase::kFailed, .bundles = before, .error = &unloaded.error()});
  return false;
}

Watcher::Watcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Watcher::~Watcher() = default;

Result<std::unique_ptr<Watcher>> Watcher::create(Runtime &runtime, WatchOptions options) {
  GRAFT_TRY_ASSIGN(auto folders, FolderWatch::create());
  constexpr const char *kDescriptor = "cannot make a descriptor for the watcher";
  const int stop = fault::at(kDescriptor, EMFILE) ? -1 : ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop < 0) return error(Code::kExhausted, std::string(kDescriptor) + "; raise the limit of open files");
  auto impl = std::make_unique<Impl>(runtime, *runtime.impl_, std::move(options), std::move(folders), stop);
  GRAFT_TRY(impl->start());
  return std::unique_ptr<Watcher>(new Watcher(std::move(impl)));
}

} // namespace graft
