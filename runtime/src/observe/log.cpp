// One sink that hands each line to the host. spdlog's own locking keeps lines apart; a callback that throws loses its line only.
#include "log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <mutex>

namespace graft {
namespace {

constexpr spdlog::level::level_enum to_spdlog(LogLevel level) { return static_cast<spdlog::level::level_enum>(level); }
static_assert(to_spdlog(LogLevel::kTrace) == spdlog::level::trace && to_spdlog(LogLevel::kError) == spdlog::level::err);

} // namespace

class HostSink : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit HostSink(std::function<void(LogLevel, std::string_view)> callback) : callback_(std::move(callback)) {}

  void close() {
    const std::lock_guard lock(mutex_);
    callback_ = nullptr;
  }

protected:
  void sink_it_(const spdlog::details::log_msg &message) override {
    if (callback_) callback_(static_cast<LogLevel>(message.level), {message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

private:
  std::function<void(LogLevel, std::string_view)> callback_;
};

std::string printable(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string line;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte == '\n')
      line += "\\n";
    else if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
      line += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    else
      line += character;
  }
  return line;
}

Log::Log(std::function<void(LogLevel, std::string_view)> callback, LogLevel level) {
  if (!callback) return;
  sink_ = std::make_shared<HostSink>(std::move(callback));
  logger_ = std::make_unique<spdlog::logger>("graft", sink_);
  logger_->set_level(to_spdlog(level));
  logger_->set_error_handler([](const std::string &) {});
}

Log::~Log() = default;

bool Log::takes(LogLevel level) const noexcept { return logger_ && logger_->should_log(to_spdlog(level)); }

void Log::close() noexcept {
  if (sink_) sink_->close();
}

void Log::write(LogLevel level, std::string_view line) noexcept {
  if (takes(level)) logger_->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

} // namespace graft
