// Asking new code whether it works, on a thread of its own: one that never answers is left behind, with its generation.
//
//   M3  Whether the set is published is decided by the committing thread alone, so a late answer changes nothing.
#include "../call/caught.hpp"
#include "../runtime_impl.hpp"
#include "../store/threads.hpp"

#include <unistd.h>

#include <utility>

namespace graft {
namespace {

constexpr int kAboutToAsk = -1; // in `Generation::probing`

/// Shared by the commit and the thread that asks, which outlives it when an answer takes too long.
struct Asking {
  Mutex mutex;
  Condition changed;
  bool has_ended GRAFT_GUARDED_BY(mutex) = false;
  bool is_given_up GRAFT_GUARDED_BY(mutex) = false;
  std::string asked GRAFT_GUARDED_BY(mutex); ///< the bundle whose turn it is
  Result<void> outcome GRAFT_GUARDED_BY(mutex);
};

Result<void> ask(Generation &generation) {
  using Probe = graft_status();
  auto *const run = reinterpret_cast<Probe *>(const_cast<void *>(generation.image->address("graft_probe")));
  const std::size_t pins = pin_count();
  auto answer = call_status("graft_probe of bundle '" + generation.bundle + "'", run);
  if (const std::size_t left = end_pins_beyond(pins); left != 0) return generation.left_pins("graft_probe", left);
  return answer;
}

/// Tells the commit how it went, however the thread ends that asks: a probe may call `pthread_exit`.
class Answer {
 public:
  explicit Answer(std::shared_ptr<Asking> asking) : asking_(std::move(asking)) {}
  Answer(const Answer &) = delete;
  ~Answer() {
    if (inside_ != nullptr) {
      outcome = error(Code::kRefused, "graft_probe of bundle '" + inside_->bundle + "' ended the thread that asked it");
      leave();
    }
    const MutexLock lock(asking_->mutex);
    asking_->outcome = std::move(outcome);
    asking_->has_ended = true;
    asking_->changed.notify_all();
  }

  void enter(Generation &generation) {
    inside_ = &generation;
    generation.probing.store(::gettid(), std::memory_order_relaxed);
  }
  void leave() {
    const MutexLock lock(asking_->mutex);
    if (asking_->is_given_up) outcome = error(Code::kBusy, "given up");
    std::exchange(inside_, nullptr)
        ->probing.store(0, std::memory_order_release); // pairs with Generation::threads; not to be touched from here on
  }

  Result<void> outcome;

 private:
  const std::shared_ptr<Asking> asking_;
  Generation *inside_ = nullptr;
};

/// Asks one after the other, until one says no or nobody wants to know any more. Each counts as being inside until it was
/// asked.
void ask_all(const std::vector<Generation *> &generations, const std::shared_ptr<Asking> &asking) {
  Answer answer(asking);
  for (Generation *generation : generations) {
    {
      const MutexLock lock(asking->mutex); // which the commit holds until this thread counts as the token's owner
      asking->asked = generation->bundle;
      asking->changed.notify_all();
    }
    answer.enter(*generation);
    if (answer.outcome) answer.outcome = ask(*generation);
    answer.leave();
  }
}

} // namespace

Result<void> Runtime::Impl::probe(const std::vector<Started> &set) {
  std::vector<Generation *> asked;
  for (const Started &started : set)
    if (started.prepared->generation->image->address("graft_probe") != nullptr)
      asked.push_back(started.prepared->generation.get());
  if (asked.empty()) return {};

  const auto asking = std::make_shared<Asking>();
  std::thread thread;
  const auto count_inside = [&](int id) {
    for (Generation *generation : asked)
      generation->probing.store(id, std::memory_order_relaxed); // this thread reads it later
  };
  {
    const MutexLock lock(asking->mutex);
    count_inside(kAboutToAsk);
    if (auto started =
            start_thread(thread, "cannot start the thread that asks probes", [asked, asking] { ask_all(asked, asking); });
        !started) {
      count_inside(0);
      Error refused = std::move(started).error();
      refused.message = "bundle '" + asked.front()->bundle + "': " + refused.message;
      return refused;
    }
    token.lend(thread.get_id());
    // A busy machine may take its time until the thread runs; that is no plugin's fault.
    asking->changed.wait(asking->mutex, [&]() GRAFT_NO_THREAD_SAFETY_ANALYSIS { return !asking->asked.empty(); });
    const auto has_ended = [&]() GRAFT_NO_THREAD_SAFETY_ANALYSIS { return asking->has_ended; };
    if (!asking->changed.wait_for(asking->mutex, config.gate, has_ended)) {
      asking->is_given_up = true;
      thread.detach(); // it is inside those whose `probing` it did not take back
      token.take_back_lent();
      return error(Code::kBusy, "graft_probe of bundle '" + asking->asked + "' took longer than " +
                                    std::to_string(config.gate.count()) + " ms");
    }
  }
  thread.join();
  token.take_back_lent();
  const MutexLock lock(asking->mutex);
  return std::move(asking->outcome);
}

} // namespace graft
