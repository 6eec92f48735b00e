// See settings_store.hpp.
#include "settings_store.hpp"

#include <utility>

namespace graft {
namespace {

std::shared_ptr<const Settings> given_of(SettingsOfBundle &settings) {
  const MutexLock lock(settings.mutex);
  return settings.given;
}

} // namespace

SettingsStore::Entry &SettingsStore::entry(std::string_view bundle) {
  const auto found = entries_.find(bundle);
  return found != entries_.end() ? found->second : entries_[std::string(bundle)];
}

void SettingsStore::declare_for(const std::string &bundle, SettingRules rules) {
  const MutexLock lock(mutex_);
  entry(bundle).fallback = std::move(rules);
}

SettingsStore::Rules SettingsStore::declare(const std::string &bundle, std::uint64_t generation, const SettingRules &rules) {
  const MutexLock lock(mutex_);
  Entry &one = entry(bundle);
  auto kept = std::make_shared<const SettingRules>(rules.empty() ? one.fallback : rules);
  std::erase_if(one.declared, [](const auto &declared) { return declared.second.expired(); });
  one.declared[generation] = kept;
  return kept;
}

SettingsStore::Rules SettingsStore::rules_of(std::string_view bundle, std::uint64_t generation) const {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(bundle);
  if (found != entries_.end())
    if (const auto declared = found->second.declared.find(generation); declared != found->second.declared.end())
      if (Rules rules = declared->second.lock()) return rules;
  return std::make_shared<const SettingRules>();
}

Result<void> SettingsStore::check(std::string_view bundle, const SettingRules &rules) const {
  std::shared_ptr<const Settings> given;
  {
    const MutexLock lock(mutex_);
    if (const auto found = entries_.find(bundle); found != entries_.end()) given = given_of(*found->second.settings);
  }
  GRAFT_TRY(complete_settings(rules, given != nullptr ? *given : Settings(), bundle));
  return {};
}

void SettingsStore::publish(std::string_view bundle, std::uint64_t generation) {
  const MutexLock lock(mutex_);
  Entry &one = entry(bundle);
  one.live = generation;
  one.settings->version.fetch_add(1, std::memory_order_release); // defaults may be others now; see SettingsOfBundle
}

Result<void> SettingsStore::configure(std::string_view bundle, Settings given) {
  const MutexLock lock(mutex_);
  Entry &one = entry(bundle);
  for (const auto &[generation, declared] : one.declared) {
    const Rules rules = declared.lock();
    if (rules == nullptr || generation < one.live) continue;
    GRAFT_TRY(complete_settings(*rules, given, bundle));
  }
  {
    const MutexLock settings(one.settings->mutex);
    one.settings->given = std::make_shared<const Settings>(std::move(given));
  }
  one.settings->version.fetch_add(1, std::memory_order_release); // see SettingsOfBundle
  return {};
}

SettingsOfBundle &SettingsStore::of(std::string_view bundle) {
  const MutexLock lock(mutex_);
  return *entry(bundle).settings;
}

} // namespace graft
