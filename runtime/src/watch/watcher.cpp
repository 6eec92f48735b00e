// The watcher's thread: waits for a quiet moment, asks every bundle what changed, and makes of it as few transactions as it
// can.
//
// What is saved while a reload runs waits in inotify's queue: it becomes one more reload, of the newest text.
#include "../bundle/source_files.hpp"
#include "../call/caught.hpp"
#include "../runtime_impl.hpp"
#include "collection.hpp"
#include "quiet.hpp"
#include "watched_bundle.hpp"

#include <graft/base/fault.hpp>
#include <graft/watch.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <list>
#include <thread>

namespace graft {
namespace {

namespace fs = std::filesystem;

using Changes = std::set<std::string>;

Result<std::string> absolute(const std::string &path) {
  std::error_code failure;
  fs::path found = fs::absolute(path, failure).lexically_normal();
  if (failure || path.empty()) return error(Code::kInvalid, "cannot watch '" + path + "': it is no path");
  if (!found.has_filename()) found = found.parent_path(); // "folder/"
  if (found.filename() == "graft.toml") found = found.parent_path();
  return found.string();
}

/// A requirement may be met by a bundle that is loaded later.
bool may_succeed_later(Code code) { return code == Code::kNotFound || code == Code::kIncompatible; }

} // namespace

const char *to_string(WatchPhase phase) noexcept {
  switch (phase) {
  case WatchPhase::kLoaded:
    return "loaded";
  case WatchPhase::kReloaded:
    return "reloaded";
  case WatchPhase::kUnchanged:
    return "unchanged";
  case WatchPhase::kFailed:
    return "failed";
  case WatchPhase::kUnloaded:
    return "unloaded";
  }
  return "unknown";
}

class Watcher::Impl {
 public:
  Impl(Runtime &runtime, Runtime::Impl &inside, WatchOptions options, std::unique_ptr<FolderWatch> folders, int stop)
      : runtime_(runtime), inside_(inside), options_(std::move(options)), folders_(std::move(folders)), stop_(stop),
        clock_(options_.clock != nullptr ? *options_.clock : machine_) {}
  ~Impl();

  Result<void> start();

 private:
  /// A bundle, loaded or to be loaded.
  struct Entry {
    WatchedBundle watched;
    std::string name;       ///< empty until it is loaded
    bool waits = false;     ///< for a requirement that another bundle may meet
    bool again = false;     ///< its changes come from a second look, not from a save: the same outcome is not told twice
    bool dismissed = false; ///< the host unloaded it: it is left alone
    std::set<std::string> partners; ///< names of those whose reload failed with its own: they are tried again together
    Changes changes;                ///< that no reload has taken care of
    std::string failure;            ///< the last one's text
  };
  using Group = std::vector<Entry *>;

  Result<void> add(const std::string &path);
  Entry &enter(const std::string &path);
  void look(Entry &entry);
  void look_again(Entry &entry);
  void run();
  void keep_what_matters(Touched &touched, Touched more);
  void take_care(const Touched &touched);
  void scan(Collection &collection);
  bool unload(Entry &entry);
  void work_off();
  void dismiss_unloaded();
  Group next_group();
  void load(Entry &entry);
  void reload(const Group &group);
  void fail(const Group &group, const Changes &changes, const Error &error, StepTimes times);
  std::optional<BundleInfo> info_at(const std::string &path) const;
  std::vector<BundleInfo> infos_of(const Group &group) const;
  void tell(const WatchEvent &event);

  Runtime &runtime_;
  Runtime::Impl &inside_;
  const WatchOptions options_;
  std::unique_ptr<FolderWatch> folders_;
  const int stop_;
  SystemClock machine_;
  Clock &clock_;
  std::list<Entry> entries_;
  std::list<Collection> collections_;
  std::thread thread_;
};

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
  if (!is_bundle) {
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

/// Until nothing is left that changed. A change that came meanwhile is one more turn.
void Watcher::Impl::work_off() {
  dismiss_unloaded();
  for (Group group; !(group = next_group()).empty();) {
    if (group.front()->name.empty())
      load(*group.front());
    else
      reload(group);
  }
}

/// What the host unloaded is not loaded again behind its back.
void Watcher::Impl::dismiss_unloaded() {
  std::set<std::string> loaded;
  for (const BundleInfo &info : runtime_.bundles()) loaded.insert(info.name);
  for (Entry &entry : entries_) {
    entry.dismissed = !entry.name.empty() && !loaded.contains(entry.name);
    if (entry.dismissed) entry.changes.clear();
  }
}

/// A bundle to load; or loaded ones that are tied together by a file that changed, or by having failed together.
Watcher::Impl::Group Watcher::Impl::next_group() {
  Group group;
  const auto first = std::ranges::find_if(entries_, [](const Entry &entry) { return !entry.changes.empty(); });
  if (first == entries_.end()) return group;
  group.push_back(&*first);
  if (first->name.empty()) return group;
  const auto is_tied = [](const Entry &a, const Entry &b) {
    return a.partners.contains(b.name) || b.partners.contains(a.name) ||
           std::ranges::any_of(a.changes, [&](const std::string &file) { return b.changes.contains(file); });
  };
  for (std::size_t member = 0; member < group.size(); ++member)
    for (Entry &entry : entries_)
      if (!entry.name.empty() && !entry.dismissed && std::ranges::find(group, &entry) == group.end() &&
          is_tied(*group[member], entry))
        group.push_back(&entry);
  return group;
}

void Watcher::Impl::load(Entry &entry) {
  const Changes changes = std::exchange(entry.changes, {});
  StepTimes times;
  auto info = runtime_.load(entry.watched.path(), {&times});
  entry.waits = !info && may_succeed_later(info.code());
  if (!info) return fail({&entry}, changes, info.error(), times);
  entry.name = info->name;
  entry.failure.clear();
  entry.again = false;
  if (entry.watched.succeeded(inside_.inputs.of(entry.name))) look_again(entry);
  tell({.phase = WatchPhase::kLoaded, .bundles = {*std::move(info)}, .times = times});
  for (Entry &other : entries_) {
    if (!std::exchange(other.waits, false)) continue;
    other.changes.insert(other.watched.path()); // its requirement may be met now
    other.again = true;
  }
}

void Watcher::Impl::reload(const Group &group) {
  Changes changes;
  std::vector<std::string> names;
  for (Entry *entry : group) {
    changes.merge(std::exchange(entry->changes, {}));
    names.push_back(entry->name);
  }
  StepTimes times;
  auto reloaded = runtime_.reload(names, {Force::kNo, &times});
  const bool is_unchanged = reloaded.code() == Code::kUnchanged || reloaded.code() == Code::kSuperseded;
  if (!reloaded && !is_unchanged) return fail(group, changes, reloaded.error(), times);
  bool again = true;
  for (Entry *entry : group) {
    entry->partners.clear();
    entry->failure.clear();
    again &= std::exchange(entry->again, false);
    if (entry->watched.succeeded(inside_.inputs.of(entry->name))) look_again(*entry);
  }
  WatchEvent event{.phase = is_unchanged ? WatchPhase::kUnchanged : WatchPhase::kReloaded,
                   .changed = {changes.begin(), changes.end()},
                   .bundles = is_unchanged ? infos_of(group) : *std::move(reloaded),
                   .times = times};
  if (!is_unchanged || !again) tell(event);
}

/// What runs goes on. An error may name files that nobody looked at before: then it is tried once more before it is told
/// (W1).
void Watcher::Impl::fail(const Group &group, const Changes &changes, const Error &error, StepTimes times) {
  const std::string text = error.text() + render(error.diagnostics);
  const bool is_told =
      std::ranges::all_of(group, [&](const Entry *entry) { return entry->again && entry->failure == text; });
  std::set<std::string> partners;
  for (const Entry *entry : group) partners.insert(entry->name);
  bool again = false;
  for (Entry *entry : group) {
    if (group.size() > 1) entry->partners = partners;
    if (entry->watched.failed(error)) look(*entry);
    again |= !entry->changes.empty();
  }
  if (again) return group.front()->changes.insert(changes.begin(), changes.end());
  for (Entry *entry : group) {
    entry->failure = text;
    entry->again = false;
  }
  if (is_told) return;
  tell({.phase = WatchPhase::kFailed,
        .changed = {changes.begin(), changes.end()},
        .bundles = infos_of(group),
        .path = group.front()->name.empty() ? group.front()->watched.path() : std::string(),
        .times = times,
        .error = &error});
}

std::optional<BundleInfo> Watcher::Impl::info_at(const std::string &path) const {
  for (BundleInfo &info : runtime_.bundles())
    if (info.path == path) return std::move(info);
  return std::nullopt;
}

std::vector<BundleInfo> Watcher::Impl::infos_of(const Group &group) const {
  std::vector<BundleInfo> infos;
  for (BundleInfo &info : runtime_.bundles())
    if (std::ranges::any_of(group, [&](const Entry *entry) { return entry->name == info.name; }))
      infos.push_back(std::move(info));
  return infos;
}

void Watcher::Impl::tell(const WatchEvent &event) {
  if (!options_.tell) return;
  if (const auto caught = catch_all([&] { options_.tell(event); }))
    inside_.log.write(LogLevel::kError,
                      "a watcher's listener threw " + *caught + " when it was told '" + to_string(event.phase) + "'");
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
