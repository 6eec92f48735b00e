// A worker for tests, and what is known of its process.
#pragma once

#include "compile.hpp"
#include "matchers.hpp"

#include <graft/driver/worker.hpp>

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace graft::test {

using driver::Worker;
using driver::WorkerLimits;

/// The processes that the calling thread's process started and did not wait for, of the worker's name.
inline std::vector<pid_t> workers_of(pid_t process) {
  std::vector<pid_t> found;
  std::error_code failure;
  for (const auto &task : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", failure)) {
    std::ifstream children(task.path() / "children");
    for (pid_t child; children >> child;) {
      std::string name;
      std::getline(std::ifstream("/proc/" + std::to_string(child) + "/comm"), name);
      if (name == "graft-worker") found.push_back(child);
    }
  }
  return found;
}

/// Whether the process is gone, or gone but for who waits for it; asked until it is, or a minute has passed.
inline bool is_gone_soon(pid_t process) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (std::chrono::steady_clock::now() < until) {
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    std::string text;
    if (!std::getline(stat, text) || text[text.rfind(')') + 2] == 'Z') return true;
    std::this_thread::yield();
  }
  return false;
}

class Workers : public testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(worker, Succeeds()); }

  std::unique_ptr<driver::Compiler> compiler = *driver::Compiler::create();
  Result<std::unique_ptr<Worker>> worker = Worker::create();
};

} // namespace graft::test
