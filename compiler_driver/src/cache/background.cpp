// See background.hpp.
#include "background.hpp"

#include "../start_thread.hpp"

#include <pthread.h>

#include <utility>

namespace graft::driver {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;

} // namespace

Background::~Background() {
  std::thread thread;
  {
    const MutexLock lock(mutex_);
    ends_ = true;
    thread = std::move(thread_);
  }
  changed_.notify_all();
  if (thread.joinable()) thread.join();
}

void Background::add(std::size_t bytes, std::function<void()> task) {
  {
    const MutexLock lock(mutex_);
    if (bytes_ + bytes > kMostBytes) return;
    if (!thread_.joinable()) {
      if (!start_thread(thread_, "cannot start the thread that fills the cache", [this] { work(); })) return;
      ::pthread_setname_np(thread_.native_handle(), "graft-cache");
    }
    bytes_ += bytes;
    tasks_.push_back({bytes, std::move(task)});
  }
  changed_.notify_all();
}

void Background::wait() {
  const MutexLock lock(mutex_);
  changed_.wait(mutex_, [this]() GRAFT_NO_THREAD_SAFETY_ANALYSIS { return tasks_.empty() && !is_busy_; });
}

void Background::work() {
  for (;;) {
    Task task;
    {
      const MutexLock lock(mutex_);
      changed_.wait(mutex_, [this]() GRAFT_NO_THREAD_SAFETY_ANALYSIS { return !tasks_.empty() || ends_; });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
      is_busy_ = true;
    }
    task.run();
    {
      const MutexLock lock(mutex_);
      is_busy_ = false;
      bytes_ -= task.bytes;
    }
    changed_.notify_all();
  }
}

} // namespace graft::driver
