// Fault points: the places where the system may refuse graft something, and where a test makes it refuse.
//
//   F1  A point stands where a system call or an allocation can fail, and takes the branch that its failure takes.
//   F2  A point's name is part of the sentence of the error that it causes, unless nobody has to be told.
//   F3  Nothing in graft arms the points: only a program that is linked from graft's pieces, which our tests are, has an
//       `Injection`. libgraft.so does not show it, and no variable of the environment is asked.
//
// Not installed. Disarmed, a point is one relaxed load. See runtime/doc/decisions/0014-fault-points.md.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace graft::fault {

namespace detail {
// Relaxed: a point that another thread passes just now may be counted or not.
extern std::atomic<bool> armed;
bool is_refused(const char *point, int reason) noexcept;
} // namespace detail

/// Whether what `point` stands for is to fail now; then `errno` is `reason`.
[[nodiscard]] inline bool at(const char *point, int reason = ENOMEM) noexcept {
  return detail::armed.load(std::memory_order_relaxed) && detail::is_refused(point, reason);
}

/// How long a failure lasts.
enum class Lasting : std::uint8_t { kOnce, kFromThenOn };

/// While it lives, points are counted, over all threads, and the one of number `fail_at` fails; 0 fails none. One at a time.
class Injection {
 public:
  explicit Injection(std::uint64_t fail_at = 0, Lasting lasting = Lasting::kOnce);
  ~Injection();
  Injection(const Injection &) = delete;

  std::uint64_t passed() const noexcept;
  /// The first point that failed; null when none was reached.
  const char *failed() const noexcept;
};

} // namespace graft::fault
