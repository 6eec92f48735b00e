// The runtime's log: spdlog's levels and formatting in front, the host's callback behind. Nothing is printed here.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <graft/runtime.hpp>

namespace spdlog {
class logger;
}

namespace graft {

class HostSink;

/// A plugin's text as one line: what would make two lines of one, or none, is spelt.
std::string printable(std::string_view text);

/// Owns: its logger; borrows nothing. Threads: any; the callback sees one line at a time.
class Log {
public:
  Log(std::function<void(LogLevel, std::string_view)> callback, LogLevel level);
  ~Log();

  void write(LogLevel level, std::string_view line) noexcept;
  bool takes(LogLevel level) const noexcept;
  /// When it returns, the callback is not running, and is never called again.
  void close() noexcept;

private:
  std::shared_ptr<HostSink> sink_; // shared with the logger: spdlog's loggers share their sinks
  std::unique_ptr<spdlog::logger> logger_;
};

} // namespace graft
