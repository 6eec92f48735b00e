// The C functions that start things for an image, and taking them back.
#include "left_behind.hpp"

#include "foreign_call.hpp"
#include "handed_over.hpp"
#include "handlers.hpp"
#include "image_state.hpp"

#include <graft/base/current_exception.hpp>
#include <graft/base/thread_name.hpp>
#include <graft/jit/stack_limit.hpp>

#include <threads.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

extern "C" {
// libstdc++'s private door through which every std::thread is started.
void graft_start_std_thread(std::thread *thread, std::thread::_State_ptr *state,
                            void (*depend)()) asm("_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE");
}

namespace graft::jit {
namespace {

/// Runs a thread's function for an image. What it throws ends the thread and is remembered; natively it would end the process.
template <class Run>
void run_thread(ImageState &image, const std::shared_ptr<StartedThread> &thread, Run run) {
  // First, so that it is last: a thread's destructors run newest first. It keeps its own share of the thread.
  auto *const share = new std::shared_ptr<StartedThread>(thread);
  const auto leave = [](void *opaque) {
    const std::unique_ptr<std::shared_ptr<StartedThread>> own(static_cast<std::shared_ptr<StartedThread> *>(opaque));
    (*own)->is_gone.store(true, std::memory_order_release);
  };
  image.threads->at_thread_exit(/*image=*/nullptr, leave, share);
  thread->id.store(::gettid(), std::memory_order_relaxed);
  watch_stack();
  try {
    run();
  } catch (abi::__forced_unwind &) {
    throw;
  } catch (...) {
    thread->thrown = describe_current_exception();
    // An image that wants to hear of it at once says so by defining this.
    if (const auto told = image.exports.find(kThreadThrew); told != image.exports.end())
      reinterpret_cast<void (*)(const char *)>(reinterpret_cast<std::uintptr_t>(told->second))(thread->thrown.c_str());
  }
}

template <class Function>
struct Start {
  ImageState &image;
  std::shared_ptr<StartedThread> thread;
  Function *function;
  void *argument;
};

int create_thread(pthread_t *out, const pthread_attr_t *attributes, void *(*function)(void *), void *argument, void *dso_handle) {
  using Job = Start<void *(void *)>;
  ImageState &image = image_of(dso_handle);
  auto job = std::make_unique<Job>(Job{image, image.left_behind.expect_thread(), function, argument});
  const auto run = [](void *opaque) -> void * {
    const std::unique_ptr<Job> job(static_cast<Job *>(opaque));
    void *result = nullptr;
    run_thread(job->image, job->thread, [&] { result = job->function(job->argument); });
    return result;
  };
  const std::shared_ptr<StartedThread> thread = job->thread;
  const int failure = ::pthread_create(out, attributes, run, job.get());
  if (failure != 0) return image.left_behind.forget(thread), failure;
  (void)job.release(); // the thread's now
  return 0;
}

int create_c11_thread(thrd_t *out, thrd_start_t function, void *argument, void *dso_handle) {
  using Job = Start<int(void *)>;
  ImageState &image = image_of(dso_handle);
  auto job = std::make_unique<Job>(Job{image, image.left_behind.expect_thread(), function, argument});
  const auto run = [](void *opaque) -> int {
    const std::unique_ptr<Job> job(static_cast<Job *>(opaque));
    int result = 0;
    run_thread(job->image, job->thread, [&] { result = job->function(job->argument); });
    return result;
  };
  const std::shared_ptr<StartedThread> thread = job->thread;
  const int failure = ::thrd_create(out, run, job.get());
  if (failure != thrd_success) return image.left_behind.forget(thread), failure;
  (void)job.release(); // the thread's now
  return failure;
}

/// What a std::thread runs, with its destructor, which is code of the image too.
class CountedState : public std::thread::_State {
 public:
  CountedState(ImageState &image, std::shared_ptr<StartedThread> thread, std::thread::_State_ptr state)
      : image_(image), thread_(std::move(thread)), state_(std::move(state)) {}

  void _M_run() override {
    run_thread(image_, thread_, [this] {
      state_->_M_run();
      state_.reset();
    });
  }

 private:
  ImageState &image_;
  std::shared_ptr<StartedThread> thread_;
  std::thread::_State_ptr state_;
};

void create_std_thread(std::thread *out, std::thread::_State_ptr *state, void (*depend)(), void *dso_handle) {
  ImageState &image = image_of(dso_handle);
  const std::shared_ptr<StartedThread> thread = image.left_behind.expect_thread();
  std::thread::_State_ptr counted = std::make_unique<CountedState>(image, thread, std::move(*state));
  try {
    graft_start_std_thread(out, &counted, depend);
  } catch (...) {
    image.left_behind.forget(thread);
    throw;
  }
}

/// The function of every timer of an image that asks for one.
void notify(sigval opaque) {
  auto &timer = *static_cast<StartedTimer *>(opaque.sival_ptr);
  {
    const MutexLock lock(timer.mutex);
    if (timer.has_ended) return; // L2
    timer.inside.push_back(::gettid());
  }
  struct Leave {
    StartedTimer &timer;
    ~Leave() {
      const MutexLock lock(timer.mutex);
      timer.inside.erase(std::ranges::find(timer.inside, ::gettid()));
    }
  } const leave{timer};
  call_foreign([&] { timer.notify(timer.value); });
}

int create_timer(clockid_t clock, sigevent *event, timer_t *out, void *dso_handle) {
  LeftBehind &left_behind = image_of(dso_handle).left_behind;
  if (event == nullptr || event->sigev_notify != SIGEV_THREAD) {
    const int failure = ::timer_create(clock, event, out);
    if (failure == 0) left_behind.add_timer(*out, nullptr);
    return failure;
  }
  StartedTimer &timer = image_of(dso_handle).timers->add();
  timer.notify = event->sigev_notify_function;
  timer.value = event->sigev_value;
  sigevent ours = *event;
  ours.sigev_notify_function = notify;
  ours.sigev_value.sival_ptr = &timer;
  const int failure = ::timer_create(clock, &ours, out);
  if (failure == 0) left_behind.add_timer(timer.id = *out, &timer);
  return failure;
}

int delete_timer(timer_t timer, void *dso_handle) {
  image_of(dso_handle).left_behind.forget_timer(timer);
  return ::timer_delete(timer);
}

int create_key(pthread_key_t *out, void (*destroy)(void *), void *dso_handle) {
  const int failure = ::pthread_key_create(out, destroy);
  if (failure == 0) image_of(dso_handle).left_behind.add_key(*out);
  return failure;
}

int delete_key(pthread_key_t key, void *dso_handle) {
  image_of(dso_handle).left_behind.forget_key(key);
  return ::pthread_key_delete(key);
}

} // namespace

StartedTimer &TimerList::add() {
  const MutexLock lock(mutex_);
  return *timers_.emplace_back(std::make_unique<StartedTimer>());
}

std::shared_ptr<StartedThread> LeftBehind::expect_thread() {
  const MutexLock lock(mutex_);
  // Who starts many one after the other keeps the list short; pairs with the release in run_thread.
  std::erase_if(threads_, [this](const auto &thread) GRAFT_NO_THREAD_SAFETY_ANALYSIS {
    const bool is_gone = thread->is_gone.load(std::memory_order_acquire);
    if (is_gone && !thread->thrown.empty()) thrown_.push_back(thread->thrown);
    return is_gone;
  });
  return threads_.emplace_back(std::make_shared<StartedThread>());
}

void LeftBehind::forget(const std::shared_ptr<StartedThread> &thread) {
  const MutexLock lock(mutex_);
  std::erase(threads_, thread);
}

void LeftBehind::add_timer(timer_t id, StartedTimer *called) {
  const MutexLock lock(mutex_);
  timers_.push_back({id, called});
}

void LeftBehind::forget_timer(timer_t id) {
  const MutexLock lock(mutex_);
  const auto found = std::ranges::find(timers_, id, &Timer::id);
  if (found == timers_.end()) return;
  if (found->called != nullptr) ended_.push_back(found->called); // its function may still be running
  timers_.erase(found);
}

void LeftBehind::add_key(pthread_key_t key) {
  const MutexLock lock(mutex_);
  keys_.insert(key);
}

void LeftBehind::forget_key(pthread_key_t key) {
  const MutexLock lock(mutex_);
  keys_.erase(key);
}

void LeftBehind::note_undone(std::string what) {
  const MutexLock lock(mutex_);
  undone_.push_back(std::move(what));
}

std::vector<ThreadInside> LeftBehind::threads() {
  std::vector<ThreadInside> inside;
  const MutexLock lock(mutex_);
  for (const auto &thread : threads_) {
    if (thread->is_gone.load(std::memory_order_acquire)) continue; // pairs with run_thread
    const pid_t id = thread->id.load(std::memory_order_relaxed);
    inside.push_back({id, thread_name(id)});
  }
  for (StartedTimer *timer : ended_) {
    const MutexLock timer_lock(timer->mutex);
    for (const pid_t id : timer->inside) inside.push_back({id, thread_name(id)});
  }
  return inside;
}

std::vector<std::string> LeftBehind::end_timers() {
  std::vector<std::string> words;
  const MutexLock lock(mutex_);
  for (const Timer &timer : timers_) {
    ::timer_delete(timer.id);
    if (timer.called != nullptr) {
      const MutexLock timer_lock(timer.called->mutex);
      timer.called->has_ended = true;
      ended_.push_back(timer.called);
    }
  }
  if (!timers_.empty()) words.push_back(std::to_string(timers_.size()) + (timers_.size() == 1 ? " timer" : " timers"));
  timers_.clear();
  return words;
}

std::vector<std::string> LeftBehind::take_back(const Image &image) {
  std::vector<std::string> words;
  const MutexLock lock(mutex_);
  for (const auto &thread : threads_)
    if (!thread->thrown.empty()) thrown_.push_back(thread->thrown);
  for (const std::string &thrown : thrown_) words.push_back("a thread that " + thrown + " ended");
  std::ranges::move(undone_, std::back_inserter(words));
  for (const pthread_key_t key : keys_) ::pthread_key_delete(key);
  if (!keys_.empty()) words.push_back(std::to_string(keys_.size()) + (keys_.size() == 1 ? " thread-specific key" : " thread-specific keys"));
  keys_.clear();
  if (has_variables_.load(std::memory_order_relaxed))
    std::ranges::move(copy_variables(image), std::back_inserter(words));
  std::ranges::move(take_back_handlers(image), std::back_inserter(words));
  std::ranges::move(take_back_streams(image), std::back_inserter(words));
  return words;
}

const void *left_behind_function(std::string_view name) {
  const auto untyped = [](auto *function) { return reinterpret_cast<const void *>(function); };
  if (name == "graft.pthread_create") return untyped(create_thread);
  if (name == "graft.thrd_create") return untyped(create_c11_thread);
  if (name == "graft.std_thread") return untyped(create_std_thread);
  if (name == "graft.timer_create") return untyped(create_timer);
  if (name == "graft.timer_delete") return untyped(delete_timer);
  if (name == "graft.key_create") return untyped(create_key);
  if (name == "graft.key_delete") return untyped(delete_key);
  return nullptr;
}

} // namespace graft::jit
