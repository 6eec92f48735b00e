// What a host plugs in so that plugins reach the world outside: a web client, databases, a cache. Who asks and what it may
// reach was checked before any of this is called (access.hpp).
#pragma once

#include "access.hpp"

#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft {

using WebHeaders = std::vector<std::pair<std::string, std::string>>;

struct WebRequest {
  std::string bundle; ///< who asks
  std::string method;
  WebAddress address;
  WebHeaders headers{};
  std::string body{};
  std::chrono::milliseconds timeout{};
  std::size_t most_bytes = 0; ///< that the answer may have
};

struct WebResponse {
  unsigned status = 0;
  WebHeaders headers{};
  std::string body{};
};

/// Threads: called from any, several at a time. Fails: kTimeout, kPayloadLimit, kEnvironment when nobody answers.
class GRAFT_API WebClient {
 public:
  virtual ~WebClient();
  /// Asks exactly this address, and follows no redirection: it would lead past what was checked.
  virtual Result<WebResponse> send(const WebRequest &request) = 0;
};

/// Threads: called from any, several at a time.
class GRAFT_API QueryEngine {
 public:
  virtual ~QueryEngine();
  virtual Result<std::string> run(std::string_view bundle, std::string_view database, std::string_view query,
                                  std::span<const std::string_view> values) = 0;
};

/// Threads: called from any, several at a time.
class GRAFT_API CacheEngine {
 public:
  virtual ~CacheEngine();
  virtual Result<std::string> get(std::string_view region, std::string_view key) = 0; ///< kNotFound
  virtual Result<void> set(std::string_view region, std::string_view key, std::string_view value,
                           std::chrono::nanoseconds live) = 0;
  virtual Result<void> remove(std::string_view region, std::string_view key) = 0; ///< kNotFound
};

/// On libcurl. kUnsupported where graft was built without it (`GRAFT_HTTP_CLIENT`).
GRAFT_API Result<std::unique_ptr<WebClient>> make_web_client();

} // namespace graft
