// Time as a thing that can be handed over: what waits for a quiet moment or a deadline asks a `Clock`, and a test has its own.
#pragma once

#include <chrono>
#include <optional>
#include <span>

#include "export.hpp"

struct pollfd;

namespace graft {

/// Threads: any.
class GRAFT_API Clock {
 public:
  using Time = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;
  virtual Time now() const = 0;
  /// poll(2) until `until`, or for ever without it. Returns what poll returns; 0 when the time has come.
  virtual int poll(std::span<pollfd> descriptors, std::optional<Time> until) = 0;
};

/// The machine's own.
class GRAFT_API SystemClock final : public Clock {
 public:
  Time now() const override;
  int poll(std::span<pollfd> descriptors, std::optional<Time> until) override;
};

}  // namespace graft
