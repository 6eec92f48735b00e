// The settings of all bundles of one runtime: what each version declares, and what the host gave. Kept by name, so that they
// are there before a bundle is loaded and after it was exchanged.
//
// Invariants:
//   G1  What a host gives fits the rules of the live version, and of one that is about to start; or it is refused as a
//   whole. G2  A version whose rules do not take what the host gave is not started.
#pragma once

#include <graft/base/mutex.hpp>
#include <graft/settings.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace graft {

/// One bundle's. Lives as long as the store.
struct SettingsOfBundle {
  /// Raised by each change with release, after `given` was written under the mutex; an acquire pairs with it, so that who
  /// sees a new number reads what it stands for, or something newer.
  std::atomic<std::uint64_t> version{1};
  Mutex mutex;
  std::shared_ptr<const Settings> given GRAFT_GUARDED_BY(mutex); ///< shared with snapshots that are being made
};

/// Threads: any.
class SettingsStore {
 public:
  using Rules = std::shared_ptr<const SettingRules>; // shared by a generation and by who reads its settings

  /// What applies to bundles whose manifests declare nothing.
  void declare_for(const std::string &bundle, SettingRules rules);
  /// The rules of a generation, for it to keep: it is forgotten with them.
  Rules declare(const std::string &bundle, std::uint64_t generation, const SettingRules &rules);
  /// What a generation that acquires its settings goes by; no rules for the host itself.
  Rules rules_of(std::string_view bundle, std::uint64_t generation) const;
  /// kInvalid where what the host gave does not fit (G2).
  Result<void> check(std::string_view bundle, const SettingRules &rules) const;
  /// From here on this is the live generation.
  void publish(std::string_view bundle, std::uint64_t generation);
  /// Replaces all that the host gave. kInvalid (G1).
  Result<void> configure(std::string_view bundle, Settings given);
  SettingsOfBundle &of(std::string_view bundle);

 private:
  struct Entry {
    std::unique_ptr<SettingsOfBundle> settings = std::make_unique<SettingsOfBundle>();
    std::map<std::uint64_t, std::weak_ptr<const SettingRules>> declared; ///< by generation
    std::uint64_t live = 0;
    SettingRules fallback;
  };
  Entry &entry(std::string_view bundle) GRAFT_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft
