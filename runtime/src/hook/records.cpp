// The moves between a bundle's states.
#include "records.hpp"

#include <algorithm>

namespace graft {

const char *to_string(BundleState state) noexcept {
  switch (state) {
  case BundleState::kLoading:
    return "loading";
  case BundleState::kRunning:
    return "running";
  case BundleState::kPaused:
    return "paused";
  case BundleState::kDisabled:
    return "disabled";
  case BundleState::kQuarantined:
    return "quarantined";
  case BundleState::kUnloading:
    return "unloading";
  case BundleState::kFailed:
    return "failed";
  }
  return "unknown";
}

const char *to_string(CallFailure failure) noexcept {
  switch (failure) {
  case CallFailure::kStatus:
    return "status";
  case CallFailure::kException:
    return "exception";
  case CallFailure::kTimeout:
    return "timeout";
  case CallFailure::kAction:
    return "action";
  case CallFailure::kStack:
    return "stack";
  }
  return "unknown";
}

namespace {

constexpr std::size_t kMostFailed = 64; // whose errors are remembered

BundleState state_of(const PluginRecord &record) { return record.state.load(std::memory_order_relaxed); }
void move_to(PluginRecord &record, BundleState state) { record.state.store(state, std::memory_order_relaxed); }

} // namespace

void PluginRecords::settle(PluginRecord &record) {
  const auto said = enabled_.find(record.name);
  const bool is_disabled = said != enabled_.end() && said->second == Enabled::kNo;
  move_to(record, is_disabled                     ? BundleState::kDisabled
                  : record.paused == Paused::kYes ? BundleState::kPaused
                                                  : BundleState::kRunning);
}

std::shared_ptr<PluginRecord> PluginRecords::of(const std::string &name) {
  const MutexLock lock(mutex_);
  std::shared_ptr<PluginRecord> &record = records_[name];
  if (record == nullptr) record = std::make_shared<PluginRecord>(name);
  return record;
}

void PluginRecords::begin(const std::string &name) {
  const auto record = of(name);
  const MutexLock lock(mutex_);
  if (state_of(*record) == BundleState::kFailed) move_to(*record, BundleState::kLoading);
}

std::shared_ptr<PluginRecord> PluginRecords::loaded(const std::string &name) {
  auto record = of(name);
  const MutexLock lock(mutex_);
  settle(*record);
  const MutexLock text(record->mutex);
  record->error.clear();
  return record;
}

void PluginRecords::failed(const std::string &name, const Error &why) {
  const MutexLock lock(mutex_);
  const auto found = records_.find(name);
  if (found == records_.end() || state_of(*found->second) != BundleState::kLoading) return; // another load of it won
  move_to(*found->second, BundleState::kFailed);
  {
    const MutexLock text(found->second->mutex);
    found->second->error = why.text();
  }
  const auto is_old = [&](const auto &one) { return one.first != name && state_of(*one.second) == BundleState::kFailed; };
  if (std::ranges::count_if(records_, is_old) >= static_cast<std::ptrdiff_t>(kMostFailed))
    records_.erase(std::ranges::find_if(records_, is_old));
}

void PluginRecords::retracted(const std::string &name) {
  if (const auto record = find(name)) move_to(*record, BundleState::kLoading);
}

void PluginRecords::unloading(const std::string &name) {
  if (const auto record = find(name)) move_to(*record, BundleState::kUnloading);
}

void PluginRecords::gone(const std::string &name) {
  const MutexLock lock(mutex_);
  records_.erase(name);
}

std::shared_ptr<PluginRecord> PluginRecords::find(std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = records_.find(name);
  return found == records_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<PluginRecord>> PluginRecords::all() const {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<PluginRecord>> all;
  for (const auto &[name, record] : records_) all.push_back(record);
  return all;
}

void PluginRecords::set_paused(PluginRecord &record, Paused paused) {
  const MutexLock lock(mutex_);
  record.paused = paused;
  const BundleState state = state_of(record);
  const bool is_here = state == BundleState::kRunning || state == BundleState::kPaused ||
                       (state == BundleState::kQuarantined && paused == Paused::kYes);
  if (is_here) settle(record);
}

void PluginRecords::acquit(PluginRecord &record) {
  const MutexLock lock(mutex_);
  if (state_of(record) == BundleState::kQuarantined) settle(record);
}

void PluginRecords::set_enabled(const std::string &name, Enabled enabled) {
  const MutexLock lock(mutex_);
  enabled_[name] = enabled;
  const auto found = records_.find(name);
  if (found == records_.end()) return;
  const BundleState state = state_of(*found->second);
  const bool is_here = state == BundleState::kRunning || state == BundleState::kPaused || state == BundleState::kDisabled ||
                       (state == BundleState::kQuarantined && enabled == Enabled::kNo);
  if (is_here) settle(*found->second);
}

} // namespace graft
