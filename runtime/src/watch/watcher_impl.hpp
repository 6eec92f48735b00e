// A watcher from inside: what it knows of each bundle that it watches. Its thread and what it looks at are watcher.cpp's
// idea, what is made of changes watch_work.cpp's.
#pragma once

#include "../runtime_impl.hpp"
#include "collection.hpp"
#include "watched_bundle.hpp"

#include <graft/base/clock.hpp>
#include <graft/watch.hpp>

#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace graft {

class Watcher::Impl {
 public:
  Impl(Runtime &runtime, Runtime::Impl &inside, WatchOptions options, std::unique_ptr<FolderWatch> folders, int stop)
      : runtime_(runtime), inside_(inside), options_(std::move(options)), folders_(std::move(folders)), stop_(stop),
        clock_(options_.clock != nullptr ? *options_.clock : machine_) {}
  ~Impl();

  Result<void> start();

 private:
  using Changes = std::set<std::string>;

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

} // namespace graft
