// All bundles' keys, and the file that they are read from at the start.
#include "kv_state.hpp"

namespace graft {

KvStore::KvStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
KvStore::~KvStore() = default;

Result<std::unique_ptr<KvStore>> KvStore::create(KvConfig config) {
  auto state = std::make_unique<State>();
  state->config = std::move(config);
  if (state->config.clock == nullptr) {
    state->own_clock = std::make_unique<SystemClock>();
    state->config.clock = state->own_clock.get();
  }
  std::unique_ptr<KvStore> store(new KvStore(std::move(state)));
  State &made = *store->state_;
  if (made.config.file.empty()) return store;
  GRAFT_TRY_ASSIGN(std::unique_ptr<KvFile> file, KvFile::open(made.config.file, made.config.sync));
  const std::int64_t wall = made.wall_ns();
  std::vector<std::pair<std::string, std::string>> gone;
  Result<void> taken;
  // What the file holds may be more than the limits are today: it is kept, and only what is new is refused.
  const KvLimits limits = std::exchange(made.config.limits, {0, 0, 0, 0, 0, 0});
  GRAFT_TRY(file->read([&](const KvFile::Row &row) {
    if (row.until_ns != 0 && row.until_ns <= wall) {
      gone.emplace_back(row.space, row.key);
      return;
    }
    const KvSpace::Live live(row.until_ns == 0 ? 0 : row.until_ns - wall);
    if (auto set = store->space(row.space).set(row.key, row.value, live); !set) taken = std::move(set);
  }));
  made.config.limits = limits;
  GRAFT_TRY(taken);
  for (const auto &[space, key] : gone) GRAFT_TRY(file->remove(space, key));
  made.file = std::move(file);
  return store;
}

KvSpace &KvStore::space(std::string_view name) {
  const MutexLock lock(state_->mutex);
  auto found = state_->spaces.find(name);
  if (found == state_->spaces.end())
    found =
        state_->spaces.emplace(std::string(name), std::make_unique<KvSpace>(std::make_unique<KvSpace::State>(*state_, name)))
            .first;
  return *found->second;
}

std::vector<std::string> KvStore::spaces() const {
  const MutexLock lock(state_->mutex);
  std::vector<std::string> names;
  for (const auto &[name, space] : state_->spaces)
    if (space->use().keys != 0) names.push_back(name);
  return names;
}

KvUse KvStore::use() const {
  KvUse use;
  const MutexLock lock(state_->mutex);
  for (const auto &[name, space] : state_->spaces) use.keys += space->use().keys; // sweeps, too
  use.bytes = state_->bytes.used();
  use.spaces = state_->spaces_used.used();
  return use;
}

} // namespace graft
