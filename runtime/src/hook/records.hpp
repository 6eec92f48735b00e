// Every bundle that a runtime knows of, with its state: loaded, on its way, or one that could not be loaded.
#pragma once

#include "record.hpp"

#include <graft/base/result.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// Owns: the records, with the chains that they are in. Threads: any.
///
///   (nothing) --begin()--> loading --loaded()--> running <--pause(), resume()--> paused
///      ^                      |                   |  ^  ^
///      |                  failed()                |  |  +--enable(), disable()--> disabled
///      |                      v                   |  +--resume(), loaded()-- quarantined <-- a spent error budget
///      (dispatch.cpp)
///      +-------begin()----- failed            unloading() --> unloading --gone()--> (nothing)
///
/// A bundle that is disabled and paused is disabled; enabled again, it is paused.
class PluginRecords {
 public:
  /// A load begins. What is loaded under that name already stays as it is.
  void begin(const std::string &name);
  /// It is published, the first time or anew: quarantine is over, a pause and being disabled are not.
  std::shared_ptr<PluginRecord> loaded(const std::string &name);
  /// The load failed; the last few that did are remembered with their errors.
  void failed(const std::string &name, const Error &why);
  /// It was not published after all.
  void retracted(const std::string &name);
  void unloading(const std::string &name);
  void gone(const std::string &name);

  /// Null when nothing is known of it.
  std::shared_ptr<PluginRecord> find(std::string_view name) const;
  /// The record of a bundle that is loaded or is being loaded.
  std::shared_ptr<PluginRecord> of(const std::string &name);
  std::vector<std::shared_ptr<PluginRecord>> all() const;

  void set_paused(PluginRecord &record, Paused paused);
  void set_enabled(const std::string &name, Enabled enabled);
  /// Ends quarantine.
  void acquit(PluginRecord &record);

 private:
  void settle(PluginRecord &record) GRAFT_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<PluginRecord>, std::less<>> records_ GRAFT_GUARDED_BY(mutex_);
  std::map<std::string, Enabled, std::less<>> enabled_ GRAFT_GUARDED_BY(mutex_); ///< of names, loaded or not
};

} // namespace graft
