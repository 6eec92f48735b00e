// Sweeping retired generations.
#include "retirement.hpp"

#include "../call/caught.hpp"
#include "../store/store.hpp"
#include "../store/threads.hpp"

#include <algorithm>

namespace graft {
namespace {

constexpr auto kFirstLook = std::chrono::milliseconds(1);
constexpr auto kLastLook = std::chrono::milliseconds(50);

bool is_pinned(const Generation &generation, const std::vector<const void *> &pinned) {
  return std::any_of(generation.tables.begin(), generation.tables.end(), [&](const std::unique_ptr<Table> &table) {
    return std::binary_search(pinned.begin(), pinned.end(), table->entries());
  });
}

using Retired = std::vector<std::unique_ptr<Generation>>;

/// Whether a newer generation is bound to the object, too: one that is retired as well, or the live one.
bool goes_on(const std::shared_ptr<KeptObject> &object, const Generation &generation, const Retired &retired) {
  long users = 0;
  for (const auto &other : retired)
    for (const KeptBinding &binding : other->kept) {
      if (binding.object != object) continue;
      if (other->number > generation.number) return true;
      ++users;
    }
  return object.use_count() > users;
}

} // namespace

/// A function, a literal, virtual functions; its plain data is not looked for. Every aligned word counts, whatever its type.
std::optional<std::string> Retirement::pointing_at(const Generation &generation) const {
  if (generation.hold.use_count() > 1) return "kept state of newer code that may reach it"; // K4
  if (generation.context.services.store.instances.may_reach(generation)) return "an instance that may reach it";
  for (const KeptBinding &binding : generation.kept) {
    if (binding.object == nullptr || binding.object->has_ended() || !goes_on(binding.object, generation, retired_)) continue;
    if (points_into(*binding.object, *generation.image)) return "kept '" + binding.object->name() + "', which points into it";
  }
  return std::nullopt;
}

Retirement::~Retirement() {
  std::thread thread;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
    thread.swap(thread_);
  }
  if (thread.joinable()) thread.join();
  while (sweep()) std::this_thread::sleep_for(kFirstLook);
}

void Retirement::retire(std::unique_ptr<Generation> generation) {
  std::vector<std::unique_ptr<Generation>> one;
  one.push_back(std::move(generation));
  retire(std::move(one));
}

void Retirement::retire(std::vector<std::unique_ptr<Generation>> generations) {
  if (generations.empty()) return;
  {
    const MutexLock lock(mutex_);
    for (auto &generation : generations) {
      generation->retired = std::chrono::steady_clock::now();
      retired_.push_back(std::move(generation));
    }
  }
  if (!sweep()) return;
  const MutexLock lock(mutex_);
  if (!thread_.joinable() && !closed_)
    // Where no thread is to be had, the next retirement, `await` and the destructor look.
    ignore(start_thread(thread_, "cannot start the thread that retires", [this] { look_until_closed(); }), "see above");
  changed_.notify_all();
}

bool Retirement::sweep() {
  std::vector<std::unique_ptr<Generation>> free;
  bool left = false;
  {
    const MutexLock lock(mutex_);
    if (retired_.empty()) return false;
    const std::vector<const void *> pinned = pinned_tables();
    const auto stays = [&](const std::unique_ptr<Generation> &generation) GRAFT_NO_THREAD_SAFETY_ANALYSIS {
      return generation->borrowed.load(std::memory_order_acquire) || // pairs with Impl::make_second
             is_pinned(*generation, pinned) || pointing_at(*generation).has_value() || waits_for_older(*generation, pinned);
    };
    std::vector<bool> decided; // before anything moves: they look at each other
    for (const auto &generation : retired_) decided.push_back(stays(generation));
    std::vector<std::unique_ptr<Generation>> left_over;
    for (std::size_t i = 0; i < decided.size(); ++i)
      for (KeptBinding &binding : retired_[i]->kept)
        binding.is_last = !decided[i] && binding.object != nullptr && !goes_on(binding.object, *retired_[i], retired_);
    for (std::size_t i = 0; i < decided.size(); ++i) (decided[i] ? left_over : free).push_back(std::move(retired_[i]));
    retired_ = std::move(left_over);
    for (const auto &generation : free)
      stopping_.push_back({generation->bundle, generation->number, generation->is_stopping() ? generation.get() : nullptr});
    left = !retired_.empty();
  }
  bool freed = false;
  for (auto &generation : free) {
    const std::uint64_t number = generation->number;
    const bool stopped = generation->stop(); // finalisers are foreign code: no lock is held
    freed = freed || stopped;
    left = left || !stopped;
    const auto is_this = [&](const Stopping &other) { return other.number == number; };
    if (stopped) {
      {
        const MutexLock lock(mutex_);
        std::ranges::find_if(stopping_, is_this)->asked = nullptr;
      }
      generation.reset();
    }
    const MutexLock lock(mutex_);
    std::erase_if(stopping_, is_this);
    if (!stopped) retired_.push_back(std::move(generation));
    changed_.notify_all();
  }
  return left && freed ? sweep() : left; // a newer one may have waited for those
}

bool Retirement::waits_for_older(const Generation &generation, const std::vector<const void *> &pinned) const {
  if (generation.kept.empty() && generation.facts.instances.empty()) return false;
  const auto is_older = [&](const std::string &bundle, std::uint64_t number) {
    return bundle == generation.bundle && number < generation.number;
  };
  for (const auto &other : retired_) // one that is only there for an object goes after who ends that
    if (is_older(other->bundle, other->number) && (is_pinned(*other, pinned) || !pointing_at(*other))) return true;
  return std::ranges::any_of(stopping_, [&](const Stopping &other) { return is_older(other.bundle, other.number); });
}

void Retirement::look_until_closed() {
  auto pause = kFirstLook;
  for (;;) {
    {
      const MutexLock lock(mutex_);
      if (retired_.empty()) {
        changed_.wait(mutex_, [&]() GRAFT_NO_THREAD_SAFETY_ANALYSIS { return closed_ || !retired_.empty(); });
        pause = kFirstLook;
      }
      if (closed_) return;
      changed_.wait_for(mutex_, pause, [&]() GRAFT_NO_THREAD_SAFETY_ANALYSIS { return closed_; });
      if (closed_) return;
    }
    sweep();
    pause = std::min(pause * 2, kLastLook);
  }
}

std::size_t Retirement::waiting(const std::string &bundle) const {
  const MutexLock lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(retired_.begin(), retired_.end(), [&](const auto &generation) { return generation->bundle == bundle; }));
}

std::optional<std::uint64_t> Retirement::owner_of(const std::string &bundle, std::uintptr_t address) const {
  const MutexLock lock(mutex_);
  for (const auto &generation : retired_)
    if (generation->bundle == bundle && generation->image->owns(address)) return generation->number;
  return std::nullopt;
}

std::vector<std::string> Retirement::inside(const std::string &bundle, const std::vector<const void *> &pinned) const {
  std::vector<std::string> found;
  const MutexLock lock(mutex_);
  const auto say = [&](std::uint64_t number) {
    found.push_back("bundle '" + bundle + "' generation " + std::to_string(number));
  };
  for (const auto &generation : retired_)
    if (generation->bundle == bundle && is_pinned(*generation, pinned)) say(generation->number);
  for (const Stopping &stopping : stopping_)
    if (stopping.bundle == bundle) say(stopping.number);
  return found;
}

Result<void> Retirement::await(std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  const auto is_empty = [&]() GRAFT_NO_THREAD_SAFETY_ANALYSIS { return retired_.empty() && stopping_.empty(); };
  for (auto pause = kFirstLook;; pause = std::min(pause * 2, kLastLook)) {
    sweep();
    const MutexLock lock(mutex_);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (changed_.wait_for(mutex_, std::min(left, pause), is_empty)) return {};
    if (left <= pause) break;
  }
  return error(Code::kBusy, "still held: " + in_words(holders({}, AskThreads::kNo)));
}

} // namespace graft
