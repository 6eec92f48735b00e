// How much memory each bundle has, and how much it may have.
//
// Counted is what a bundle takes from `graft_host.alloc`; and, where its manifest says `memory_bytes`, what its own code
// takes from malloc and its relatives and from `new` (counted_memory.hpp). Not counted: its code and its variables, stacks,
// and what the C and C++ libraries take for themselves.
//
// Invariants:
//   Q1  What is taken and was not given back is never more than the limit, to the byte.
//   Q2  An account outlives every block of it: it is kept as long as the runtime, by name.
#pragma once

#include <graft/base/mutex.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// One bundle's. Threads: any. All relaxed: the numbers guard nothing but themselves.
class MemoryAccount {
 public:
  static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

  explicit MemoryAccount(std::string bundle) : bundle(std::move(bundle)) {}

  /// False, and nothing is taken, where it would pass the limit (Q1).
  bool take(std::uint64_t bytes) noexcept {
    const std::uint64_t limit = limit_.load(std::memory_order_relaxed);
    std::uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      if (used > limit || bytes > limit - used) return refused_.fetch_add(1, std::memory_order_relaxed), false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    std::uint64_t most = most_.load(std::memory_order_relaxed);
    while (used + bytes > most && !most_.compare_exchange_weak(most, used + bytes, std::memory_order_relaxed)) {
    }
    return true;
  }
  void give_back(std::uint64_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  void set_limit(std::uint64_t bytes) noexcept { limit_.store(bytes, std::memory_order_relaxed); }
  std::uint64_t limit() const noexcept { return limit_.load(std::memory_order_relaxed); }
  std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  std::uint64_t most() const noexcept { return most_.load(std::memory_order_relaxed); }
  std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }
  /// kMemoryLimit's sentence, left on the calling thread: what asked for memory can only answer with none.
  void report(std::uint64_t bytes) const noexcept;

  const std::string bundle; ///< empty for the host itself

 private:
  std::atomic<std::uint64_t> used_{0};
  std::atomic<std::uint64_t> most_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> limit_{kNoLimit};
};

/// Of all bundles of a runtime. Threads: any.
class MemoryAccounts {
 public:
  MemoryAccount &of(std::string_view bundle) {
    const MutexLock lock(mutex_);
    const auto found = accounts_.find(bundle);
    if (found != accounts_.end()) return *found->second;
    std::string name(bundle);
    return *accounts_.emplace(name, std::make_unique<MemoryAccount>(name)).first->second;
  }
  std::vector<const MemoryAccount *> all() const {
    std::vector<const MemoryAccount *> accounts;
    const MutexLock lock(mutex_);
    for (const auto &[name, account] : accounts_) accounts.push_back(account.get());
    return accounts;
  }

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<MemoryAccount>, std::less<>> accounts_ GRAFT_GUARDED_BY(mutex_);
};

} // namespace graft
