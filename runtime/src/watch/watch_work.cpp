// What a watcher makes of changes: as few transactions as it can, and one event for each outcome.
#include "../call/caught.hpp"
#include "watcher_impl.hpp"

#include <algorithm>
#include <utility>

namespace graft {
namespace {

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

} // namespace graft
