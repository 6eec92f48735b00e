// A clock that stands still until a test moves it. What polls with it wakes for its descriptors as always.
#pragma once

#include <graft/base/clock.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <vector>

namespace graft::test {

class ManualClock final : public Clock {
 public:
  ~ManualClock() override { ::close(moved_); }

  Time now() const override {
    return Time(std::chrono::nanoseconds(now_.load(std::memory_order_acquire)));
  } // pairs with `advance`

  int poll(std::span<pollfd> descriptors, std::optional<Time> until) override {
    for (;;) {
      std::vector<pollfd> all(descriptors.begin(), descriptors.end());
      all.push_back({moved_, POLLIN, 0});
      const bool is_due = until && now() >= *until;
      if (::poll(all.data(), all.size(), is_due ? 0 : -1) < 0) return -1;
      std::uint64_t count = 0;
      if (all.back().revents != 0) [[maybe_unused]]
        const ssize_t size = ::read(moved_, &count, sizeof count);
      int ready = 0;
      for (std::size_t i = 0; i < descriptors.size(); ++i) ready += (descriptors[i].revents = all[i].revents) != 0 ? 1 : 0;
      if (ready > 0 || is_due) return ready;
    }
  }

  void advance(std::chrono::milliseconds span) {
    now_.fetch_add(std::chrono::nanoseconds(span).count(), std::memory_order_release); // pairs with `now`
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t size = ::write(moved_, &one, sizeof one);
  }

 private:
  std::atomic<std::int64_t> now_{1'000'000'000};
  int moved_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
};

} // namespace graft::test
