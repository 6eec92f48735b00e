// See begun_compiles.hpp.
#include "begun_compiles.hpp"

#include "recovery.hpp"
#include "start_thread.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <iterator>

namespace graft::driver {
namespace {

constexpr int kNice = 5;                  // a save is waited for, this is not
constexpr std::chrono::minutes kKept{10}; // who has not saved for so long does something else
constexpr std::size_t kMostSpent = 2;     // more than these are ended by who brings them

bool is_same(const std::vector<Source> &one, const std::vector<Source> &other) {
  return std::ranges::equal(one, other, [](const Source &a, const Source &b) {
    return a.name == b.name && a.contents == b.contents && a.language == b.language;
  });
}

bool is_of(const NextCompile &next, const Prepared &prepared, const std::string &name) {
  return next.prepared.get() == &prepared && next.name == name;
}

} // namespace

BegunCompiles::~BegunCompiles() {
  std::thread thread;
  {
    MutexLock lock(mutex_);
    stop_ = true;
    is_overtaken_.store(true, std::memory_order_release); // pairs with the rehearsed compile, which ends
    thread = std::move(thread_);
  }
  changed_.notify_all();
  if (thread.joinable()) thread.join();
}

std::unique_ptr<BegunCompile> BegunCompiles::take(const Prepared &prepared, const std::string &name,
                                                  const std::vector<Source> &headers, const Preamble *preamble) {
  std::unique_ptr<BegunCompile> found;
  {
    MutexLock lock(mutex_);
    if (rehearsed_ != nullptr && is_of(*rehearsed_, prepared, name))
      is_overtaken_.store(true, std::memory_order_release); // pairs with the rehearsed compile, which ends
    const auto at = std::ranges::find_if(begun_, [&](const auto &one) { return is_of(one->next(), prepared, name); });
    if (at == begun_.end()) return nullptr;
    found = std::move(*at);
    begun_.erase(at);
  }
  const bool suits = found->next().preamble.get() == preamble && is_same(found->next().headers, headers) && found->stands();
  if (!suits) return end(std::move(found)), nullptr;
  MutexLock lock(mutex_);
  ++used_;
  return found;
}

void BegunCompiles::begin(NextCompile next) {
  if (limit_ == 0) return;
  {
    MutexLock lock(mutex_);
    std::erase_if(to_begin_, [&](const NextCompile &one) { return is_of(one, *next.prepared, next.name); });
    to_begin_.push_back(std::move(next));
    if (to_begin_.size() > limit_) to_begin_.pop_front();
    start();
  }
  changed_.notify_all();
}

void BegunCompiles::end(std::unique_ptr<BegunCompile> spent) {
  if (spent == nullptr) return;
  {
    MutexLock lock(mutex_);
    if (!thread_.joinable() || spent_.size() >= kMostSpent) return; // ended here
    spent_.push_back(std::move(spent));
  }
  changed_.notify_all();
}

void BegunCompiles::start() {
  if (!thread_.joinable() && !start_thread(thread_, "cannot start the thread that begins compiles", [this] { work(); }))
    to_begin_.clear();
}

bool BegunCompiles::rehearse(NextCompile &next) {
  {
    MutexLock lock(mutex_);
    if (stop_) return false;
    rehearsed_ = &next;
    is_overtaken_.store(false, std::memory_order_relaxed); // nobody else reads it
  }
  const std::shared_ptr<const SourceText> text = std::move(next.text);
  const UnitRequest request{.prepared = *next.prepared,
                            .text = *text,
                            .headers = next.headers,
                            .learn = Learn::kYes,
                            .preamble = next.preamble.get(),
                            .cancelled = &is_overtaken_};
  const Result<void> survived = run_guarded([&] {
    Unit unit = compile_source(request, /*begun=*/nullptr);
    if (!unit.failed && !unit.departs) next.read = std::move(unit.read);
  });
  MutexLock lock(mutex_);
  rehearsed_ = nullptr;
  return survived && !is_overtaken_.load(std::memory_order_relaxed);
}

std::unique_ptr<BegunCompile> BegunCompiles::make(NextCompile next) {
  if (next.text != nullptr && !rehearse(next)) return nullptr;
  std::unique_ptr<BegunCompile> made;
  ignore(run_guarded([&] { made = std::make_unique<BegunCompile>(std::move(next)); }),
         "it is begun when its text is there, too");
  return made;
}

void BegunCompiles::work() {
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, kNice)); // of this thread; whether it is obeyed does not matter
  mutex_.lock();
  for (;;) {
    is_busy_ = false;
    changed_.notify_all();
    const bool is_asked = changed_.wait_for(
        mutex_, kKept, [this]() GRAFT_REQUIRES(mutex_) { return stop_ || !to_begin_.empty() || !spent_.empty(); });
    std::vector<std::unique_ptr<BegunCompile>> spent = std::move(spent_);
    spent_.clear();
    if (!is_asked) std::ranges::move(begun_, std::back_inserter(spent)), begun_.clear();
    if (stop_) break;
    is_busy_ = true;
    std::optional<NextCompile> next;
    if (!to_begin_.empty()) {
      next = std::move(to_begin_.front());
      to_begin_.pop_front();
      const auto before =
          std::ranges::remove_if(begun_, [&](const auto &one) { return is_of(one->next(), *next->prepared, next->name); });
      std::ranges::move(before, std::back_inserter(spent));
      begun_.erase(before.begin(), before.end());
    }
    mutex_.unlock();
    std::unique_ptr<BegunCompile> made = next ? make(*std::move(next)) : nullptr;
    spent.clear();
    mutex_.lock();
    if (made == nullptr) continue;
    begun_.push_back(std::move(made));
    if (begun_.size() > limit_) {
      spent_.push_back(std::move(begun_.front()));
      begun_.pop_front();
    }
  }
  mutex_.unlock();
}

void BegunCompiles::wait_until_idle() {
  MutexLock lock(mutex_);
  changed_.wait(mutex_, [this]() GRAFT_REQUIRES(mutex_) { return !is_busy_ && to_begin_.empty() && spent_.empty(); });
}

std::uint64_t BegunCompiles::used() const {
  MutexLock lock(mutex_);
  return used_;
}

} // namespace graft::driver
