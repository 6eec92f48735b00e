// The counters behind fault points. Part of the process, because the points are reached from where no runtime is at hand;
// see fault.hpp.
#include <graft/base/assert.hpp>
#include <graft/base/fault.hpp>

namespace graft::fault {

namespace detail {

constinit std::atomic<bool> armed{false};

namespace {
// Relaxed, all of them: each point needs a number of its own and nothing else. Whoever reads them afterwards has joined or
// awaited what it counts.
constinit std::atomic<std::uint64_t> passed{0};
constinit std::atomic<std::uint64_t> fail_at{0};
constinit std::atomic<Lasting> lasting{Lasting::kOnce};
constinit std::atomic<const char *> failed{nullptr};
} // namespace

bool is_refused(const char *point, int reason) noexcept {
  const std::uint64_t number = passed.fetch_add(1, std::memory_order_relaxed) + 1;
  const std::uint64_t first = fail_at.load(std::memory_order_relaxed);
  const bool lasts = lasting.load(std::memory_order_relaxed) == Lasting::kFromThenOn;
  if (first == 0 || (lasts ? number < first : number != first)) return false;
  if (number == first) failed.store(point, std::memory_order_relaxed);
  errno = reason;
  return true;
}

} // namespace detail

Injection::Injection(std::uint64_t fail_at, Lasting lasting) {
  GRAFT_ASSERT(!detail::armed.load(std::memory_order_relaxed), "one injection at a time");
  detail::passed.store(0, std::memory_order_relaxed);
  detail::fail_at.store(fail_at, std::memory_order_relaxed);
  detail::lasting.store(lasting, std::memory_order_relaxed);
  detail::failed.store(nullptr, std::memory_order_relaxed);
  detail::armed.store(true, std::memory_order_relaxed);
}

Injection::~Injection() { detail::armed.store(false, std::memory_order_relaxed); }

std::uint64_t Injection::passed() const noexcept { return detail::passed.load(std::memory_order_relaxed); }
const char *Injection::failed() const noexcept { return detail::failed.load(std::memory_order_relaxed); }

} // namespace graft::fault
