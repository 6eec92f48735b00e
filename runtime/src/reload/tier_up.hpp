// The second images of generations, and the functions that chains of hooks are fused to: who is due for one, and the thread
// that makes them, one at a time, at low priority.
//
//   asked --the delay passes--> running --> done
//     |  ^                         |
//     |  +-------postpone()--------+   a newer text is being compiled: begin again when it came to nothing
//     +---------drop()-------------+-> gone
//
// Nothing of it holds or waits for the commit token, and no commit waits for it.
#pragma once

#include "../native/bundle_code.hpp"

#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>
#include <graft/base/thread_here.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace graft {

struct HookPointRecord;

/// Owns: the requests, and a thread while there are any. Threads: any.
class TierUps {
 public:
  struct Request {
    std::string bundle; ///< or "hook 'proxy.authorize'", which no bundle is called
    std::uint64_t generation = 0;
    std::shared_ptr<const SecondText> text; ///< shared with the bundle and its past versions
    HookPointRecord *hook = nullptr;        ///< whose chain is to be fused; null: a bundle is to be optimised
  };
  /// Makes one; ends early once `cancelled`.
  using Work = std::function<void(const Request &request, const std::atomic<bool> &cancelled)>;

  TierUps(std::chrono::milliseconds delay, Work work) : delay_(delay), work_(std::move(work)) {}
  ~TierUps() { stop(); }
  TierUps(const TierUps &) = delete;

  /// In the place of what was asked for that bundle before. Nothing, when the system has no thread for it.
  void ask(Request request);
  void postpone(std::string_view bundle);
  void drop(std::string_view bundle);
  /// Cancels all, and waits for what runs to end. Nothing is taken any more.
  void stop();
  /// kBusy, with what is due, when there is one after `limit`.
  Result<void> await(std::chrono::milliseconds limit);

 private:
  struct Due {
    Request request;
    std::chrono::steady_clock::time_point at;
  };

  void run();
  void start() GRAFT_REQUIRES(mutex_);
  void cancel(std::string_view bundle) GRAFT_REQUIRES(mutex_);
  /// Waits for the soonest to be due, and makes it what runs. False: there is none left, and the thread ends.
  bool next(Request &request);

  const std::chrono::milliseconds delay_;
  const Work work_;
  Mutex mutex_;
  Condition changed_;
  std::map<std::string, Due, std::less<>> due_ GRAFT_GUARDED_BY(mutex_); ///< by bundle
  const Request *running_ GRAFT_GUARDED_BY(mutex_) = nullptr;
  std::atomic<bool> cancelled_{false}; // of what runs. Release; acquire by the compile
  bool is_stopped_ GRAFT_GUARDED_BY(mutex_) = false;
  bool has_thread_ GRAFT_GUARDED_BY(mutex_) = false; ///< one that will look at `due_` again
  ThreadHere thread_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft
