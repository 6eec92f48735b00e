// One child of `graft test`: its process, its events, its output.
#pragma once

#include <graft/base/result.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::tool {

/// Owns: a process, which it kills and waits for at its end, and the pipes from it. Threads: one.
class TestProcess {
 public:
  /// `words` are this program's arguments, `environment` is added to ours. kExhausted.
  static Result<std::unique_ptr<TestProcess>> start(const std::vector<std::string> &words,
                                                    const std::vector<std::string> &environment);
  ~TestProcess();
  TestProcess(const TestProcess &) = delete;
  TestProcess &operator=(const TestProcess &) = delete;

  /// To wait for: events, output, the end.
  int events() const { return events_; }
  int output() const { return output_; }
  int end() const { return end_; }

  /// Calls `hear` with each whole line that came. Output that was written before an event was read by then.
  void read_events(const std::function<void(std::string_view line)> &hear);
  void read_output();
  /// What it printed up to the next mark, both streams; all that there is without one.
  std::string take_output();

  void signal(int number) const;
  /// Behind `end()`: its status as wait() gives it.
  int wait();

 private:
  TestProcess() = default;

  int process_ = -1;
  int end_ = -1; ///< a pidfd
  int events_ = -1;
  int output_ = -1;
  std::string heard_; ///< the beginning of a line
  std::string printed_;
};

} // namespace graft::tool
