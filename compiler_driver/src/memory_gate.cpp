// See memory_gate.hpp. Without a bound nothing is locked, and nothing noted.
#include "memory_gate.hpp"

namespace graft::driver {
namespace {

constexpr std::size_t kMostKnown = 10'000;

} // namespace

void MemoryGate::enter(std::size_t bytes) {
  if (bound_ == 0) return;
  const MutexLock lock(mutex_);
  ++waiting_;
  changed_.wait(mutex_, [&]() GRAFT_REQUIRES(mutex_) { return out_ == 0 || bytes_ + bytes <= bound_; });
  --waiting_;
  ++out_;
  bytes_ += bytes;
}

void MemoryGate::leave(std::size_t bytes) {
  if (bound_ == 0) return;
  {
    const MutexLock lock(mutex_);
    --out_;
    bytes_ -= bytes;
  }
  changed_.notify_all();
}

std::size_t MemoryGate::expected(const std::string &file, std::size_t guess) const {
  if (bound_ == 0) return guess;
  const MutexLock lock(mutex_);
  const auto known = known_.find(file);
  return known != known_.end() ? known->second : guess;
}

void MemoryGate::note(const std::string &file, std::size_t bytes) {
  if (bound_ == 0) return;
  const MutexLock lock(mutex_);
  if (known_.size() < kMostKnown || known_.contains(file)) known_[file] = bytes;
}

std::size_t MemoryGate::waiting() const {
  const MutexLock lock(mutex_);
  return waiting_;
}

} // namespace graft::driver
