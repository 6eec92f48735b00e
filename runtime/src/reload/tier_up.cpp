// The queue behind tier-up, and what the runtime does for each request.
#include "tier_up.hpp"

#include "../call/caught.hpp"
#include "../runtime_impl.hpp"

#include <graft/base/hook_rule.hpp>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace graft {
namespace {

constexpr int kNice = 10;         // whatever else the machine has to do goes first
constexpr unsigned kOptimise = 2; // what the compile of a second image asks for

} // namespace

void TierUps::cancel(std::string_view bundle) {
  if (running_ != nullptr && running_->bundle == bundle)
    cancelled_.store(true, std::memory_order_release); // pairs with the compile
}

void TierUps::ask(Request request) {
  const MutexLock lock(mutex_);
  if (is_stopped_) return;
  cancel(request.bundle);
  std::string bundle = request.bundle;
  due_.insert_or_assign(std::move(bundle), Due{std::move(request), std::chrono::steady_clock::now() + delay_});
  start();
}

void TierUps::start() {
  if (has_thread_) return changed_.notify_all();
  thread_.join(); // it has left `run`, or is about to, without the mutex
  // No fault point: nobody is told, and whoever cannot have a thread for this goes on with what it has.
  has_thread_ = !catch_all([&]() GRAFT_NO_THREAD_SAFETY_ANALYSIS { thread_.start([this] { run(); }); });
}

void TierUps::postpone(std::string_view bundle) {
  const MutexLock lock(mutex_);
  const auto at = std::chrono::steady_clock::now() + delay_;
  if (const auto mine = due_.find(bundle); mine != due_.end()) {
    mine->second.at = at;
  } else if (running_ != nullptr && running_->bundle == bundle && !cancelled_.load(std::memory_order_relaxed)) {
    due_.emplace(bundle, Due{*running_, at});
    cancel(bundle);
  }
}

void TierUps::drop(std::string_view bundle) {
  const MutexLock lock(mutex_);
  cancel(bundle);
  if (const auto mine = due_.find(bundle); mine != due_.end()) due_.erase(mine);
  changed_.notify_all();
}

void TierUps::stop() {
  ThreadHere thread;
  {
    const MutexLock lock(mutex_);
    is_stopped_ = true;
    due_.clear();
    cancelled_.store(true, std::memory_order_release); // pairs with the compile
    changed_.notify_all();
    thread = std::move(thread_);
  }
  thread.join();
}

Result<void> TierUps::await(std::chrono::milliseconds limit) {
  const MutexLock lock(mutex_);
  const auto is_done = [&]() GRAFT_NO_THREAD_SAFETY_ANALYSIS { return due_.empty() && running_ == nullptr; };
  if (changed_.wait_for(mutex_, limit, is_done)) return {};
  const Request &first = running_ != nullptr ? *running_ : due_.begin()->second.request;
  return error(Code::kBusy, (first.hook != nullptr ? first.bundle : "bundle '" + first.bundle + "'") +
                                " waits for its optimised code");
}

bool TierUps::next(Request &request) {
  const MutexLock lock(mutex_);
  while (!due_.empty()) {
    const auto soonest = std::ranges::min_element(due_, {}, [](const auto &due) { return due.second.at; });
    const auto left = soonest->second.at - std::chrono::steady_clock::now();
    if (left <= left.zero()) {
      request = std::move(soonest->second.request);
      due_.erase(soonest);
      running_ = &request;
      cancelled_.store(false, std::memory_order_release); // pairs with the compile
      return true;
    }
    changed_.wait_for(mutex_, left, [&]() GRAFT_NO_THREAD_SAFETY_ANALYSIS { return due_.empty(); });
  }
  has_thread_ = false;
  return false;
}

void TierUps::run() {
  ::pthread_setname_np(::pthread_self(), "graft-tier-up");
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice); // of this thread and those that it starts
  Request request;
  while (next(request)) {
    work_(request, cancelled_);
    const MutexLock lock(mutex_);
    running_ = nullptr;
    changed_.notify_all();
  }
}

Generation *Runtime::Impl::borrow(const TierUps::Request &request, std::vector<SlotRecord *> &slots) {
  const MutexLock lock(bundles_mutex_);
  const auto found = bundles_.find(request.bundle);
  if (found == bundles_.end() || found->second.live->number != request.generation) return nullptr;
  found->second.live->borrowed.store(true, std::memory_order_relaxed); // whoever retires it takes the mutex first
  slots = found->second.slots;
  return found->second.live.get();
}

Result<Origin> Runtime::Impl::make_second(const TierUps::Request &request, const std::atomic<bool> &cancelled) {
  driver::Job job = request.text->job;
  job.options.role = driver::Role::kSecond;
  job.options.optimise = kOptimise;
  job.options.preambles = driver::Preambles::kIgnore; // what they leave to others cannot be inlined
  job.options.learn = driver::Learn::kNo;
  job.cancelled = &cancelled;
  const bool is_for_fusing = may_be_fused(request);
  if (is_for_fusing) job.options.bitcode = driver::Bitcode::kKeep;
  GRAFT_TRY_ASSIGN(Artifact artifact, code.compile(job, request.text->where));
  if (key_of_headers(artifact.facts.headers) != request.text->headers)
    return error(Code::kSuperseded, "a header has changed since");
  std::vector<SlotRecord *> slots;
  Generation *const generation = borrow(request, slots);
  if (generation == nullptr) return error(Code::kSuperseded, "newer code is live");
  const auto link = [&]() -> Result<void> {
    jit::LinkOptions options = options_of_link(*generation);
    if (is_for_fusing) options.second = jit::Second::kPossible;
    GRAFT_TRY_ASSIGN(auto second, linker->link_second(*generation->image, artifact, options));
    if (cancelled.load(std::memory_order_acquire))
      return error(Code::kSuperseded, "newer code is live"); // pairs with who cancels
    return generation->image->take_over(std::move(second));
  };
  const auto linked = link();
  if (linked) store.renew(*generation, slots);
  generation->borrowed.store(false, std::memory_order_release); // pairs with the retirement, which may end it from here on
  GRAFT_TRY(linked);
  if (is_for_fusing) offer_to_fuse(request, std::move(artifact.bitcode));
  return artifact.origin;
}

bool Runtime::Impl::may_be_fused(const TierUps::Request &request) {
  // Bitcode that a worker made is read by no other process.
  if (config.hooks.fuse == Fuse::kNever || request.text->where != Where::kHere) return false;
  const MutexLock lock(bundles_mutex_);
  const auto found = bundles_.find(request.bundle);
  if (found == bundles_.end() || found->second.live->number != request.generation) return false;
  const auto is_hook = [](const ContractFacts &contract) { return hook_rule_of(contract).has_value(); };
  const Facts &facts = found->second.live->facts;
  return !facts.providers.empty() && std::ranges::any_of(facts.contracts, is_hook);
}

void Runtime::Impl::offer_to_fuse(const TierUps::Request &request, std::vector<char> bitcode) {
  {
    const MutexLock lock(bundles_mutex_);
    const auto found = bundles_.find(request.bundle);
    if (found == bundles_.end() || found->second.live->number != request.generation) return;
    found->second.live->bitcode = std::make_shared<const std::vector<char>>(std::move(bitcode));
  }
  for (HookPointRecord *hook : hooks.hooks_of(request.bundle)) ask_to_fuse(*hook);
}

void Runtime::Impl::tier_up(const TierUps::Request &request, const std::atomic<bool> &cancelled) {
  const auto made = make_second(request, cancelled);
  const std::string name = "bundle '" + request.bundle + "' generation " + std::to_string(request.generation);
  if (!made && made.code() == Code::kSuperseded)
    return log.write(LogLevel::kDebug, name + " was not optimised: " + made.error().message);
  {
    const MutexLock lock(bundles_mutex_);
    const auto found = bundles_.find(request.bundle);
    if (found == bundles_.end() || found->second.live->number != request.generation) return;
    found->second.live->tier = made ? "good" : "fast: " + made.error().message;
  }
  log.write(LogLevel::kDebug, made ? name + " runs optimised code, " + to_string(*made) : name + " stays as it is: " + made.error().text());
}

} // namespace graft
