// TBB, or plain threads under ThreadSanitizer: it reports dozens of false races in a libtbb that was built without it, and
// suppressing those would hide the real ones in the tasks.
#include "task_pool.hpp"

#ifdef GRAFT_TASKS_ON_THREADS
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>
#else
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#endif

namespace graft::driver {

#ifdef GRAFT_TASKS_ON_THREADS

struct TaskPool::State {
  std::size_t threads;
};

TaskPool::TaskPool(unsigned threads)
    : state_(new State{threads == 0 ? std::max(1u, std::thread::hardware_concurrency()) : threads}) {}

void TaskPool::for_each(std::size_t count, const std::function<void(std::size_t)> &task) const {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    // Relaxed: the counter only deals out numbers; the joins below publish what the tasks wrote.
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) task(i);
  };
  std::vector<std::jthread> helpers;
  for (std::size_t i = 1; i < std::min(count, state_->threads); ++i) helpers.emplace_back(work);
  work();
}

void TaskPool::for_each_job(std::size_t count, const std::function<void(std::size_t)> &task) const { for_each(count, task); }

#else

struct TaskPool::State {
  tbb::task_arena arena;
};

TaskPool::TaskPool(unsigned threads)
    : state_(new State{tbb::task_arena(threads == 0 ? tbb::task_arena::automatic : static_cast<int>(threads))}) {}

void TaskPool::for_each(std::size_t count, const std::function<void(std::size_t)> &task) const {
  if (count == 1) return task(0);
  // Isolated, or a caller that waits for its own files would start on another job's.
  state_->arena.execute([&] { tbb::this_task_arena::isolate([&] { tbb::parallel_for(std::size_t{0}, count, task); }); });
}

void TaskPool::for_each_job(std::size_t count, const std::function<void(std::size_t)> &task) const {
  if (count == 1) return task(0);
  // Each of its own: TBB would deal them out in halves, and a slow one would keep those that were dealt with it.
  state_->arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, count, 1), [&](const auto &range) { task(range.begin()); },
        tbb::simple_partitioner());
  });
}

#endif

TaskPool::~TaskPool() = default;

} // namespace graft::driver
