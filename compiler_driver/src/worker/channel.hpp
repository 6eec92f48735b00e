// Descriptors between host and worker: owned ones, bytes through a pair of sockets, and descriptors through another.
#pragma once

#include <graft/driver/worker.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace graft::driver {

/// Owns a descriptor; -1: none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor &&other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }

  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }
  void close();

 private:
  int number_ = -1;
};

/// Two ends that are closed on exec; nothing when the system has no descriptor left. `type` is SOCK_STREAM or
/// SOCK_SEQPACKET.
std::optional<std::pair<Descriptor, Descriptor>> socket_pair(int type);

/// What the zygote is asked for: to fork for one job, whose text and outcome go through `job`, and to tell `fate` how the
/// child ended.
struct Request {
  WorkerLimits limits;
  Descriptor job;
  Descriptor fate;
};

/// How a job's process ended, told by the zygote when it has.
struct Fate {
  int status = 0; ///< as waitpid says it
  std::uint64_t cpu_ms = 0;
  std::uint64_t memory_kib = 0; ///< at most, of what was resident
};

/// False when the other end is gone.
bool send_request(int socket, const Request &request);
/// Nothing when the other end is gone.
std::optional<Request> take_request(int socket);

/// When waiting is given up; nothing: never.
using Until = std::optional<std::chrono::steady_clock::time_point>;

/// One message, whole; false when the other end is gone, or takes nothing until then.
bool send_message(int socket, std::string_view message, Until until = {});

/// The messages that come through a socket, one after the other.
class Incoming {
 public:
  enum class Came : std::uint8_t { kMessage, kEnd, kLate };

  explicit Incoming(const Descriptor &socket) : socket_(socket.number()) {}

  /// The next one, in `message`. kEnd when there is none, or half a one, and the other end is gone; kLate when `until` came
  /// first.
  Came next(std::string &message, Until until = {});

 private:
  const int socket_;
  std::string bytes_; ///< that came and belong to no message yet
};

} // namespace graft::driver
