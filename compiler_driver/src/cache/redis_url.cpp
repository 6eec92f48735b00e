// See redis_url.hpp. What stands before the '@' is never part of a message.
#include "redis_url.hpp"

#include <charconv>
#include <optional>

namespace graft::driver {
namespace {

constexpr std::string_view kTcp = "redis://";
constexpr std::string_view kUnix = "redis+unix://";

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string unescape(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    const bool is_escape = text[i] == '%' && i + 2 < text.size() &&
                           std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16).ptr == text.data() + i + 3;
    result += is_escape ? static_cast<char>(code) : text[i];
    if (is_escape) i += 2;
  }
  return result;
}

/// The part of `text` before `separator`, which goes with it; empty when there is none.
std::string_view take_before(std::string_view &text, std::size_t separator) {
  if (separator == std::string_view::npos) return {};
  const std::string_view taken = text.substr(0, separator);
  text.remove_prefix(separator + 1);
  return taken;
}

bool read_place(std::string_view text, RedisUrl &url) {
  const std::size_t slash = text.find('/');
  const std::string_view database = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  text = text.substr(0, slash);
  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos;
  url.host = has_port ? text.substr(0, colon) : text;
  if (url.host.starts_with('[') && url.host.ends_with(']')) url.host = url.host.substr(1, url.host.size() - 2);
  const auto port = has_port ? number<std::uint16_t>(text.substr(colon + 1)) : std::optional(url.port);
  const auto index = database.empty() ? std::optional(0u) : number<unsigned>(database);
  if (url.host.empty() || !port || *port == 0 || !index) return false;
  url.port = *port;
  url.database = *index;
  return true;
}

bool read_socket(std::string_view text, RedisUrl &url) {
  const std::size_t query = text.find("?db=");
  url.socket = unescape(text.substr(0, query));
  const auto index = query == std::string_view::npos ? std::optional(0u) : number<unsigned>(text.substr(query + 4));
  url.database = index.value_or(0);
  return url.socket.starts_with('/') && index;
}

} // namespace

std::string RedisUrl::shown() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  const std::string place = is_v6 ? "[" + host + "]" : host;
  return socket.empty() ? std::string(kTcp) + place + ":" + std::to_string(port) : std::string(kUnix) + socket;
}

Result<RedisUrl> parse_redis_url(std::string_view text) {
  if (text.starts_with("rediss://"))
    return error(Code::kUnsupported, "a remote cache over TLS (rediss://) is not supported; use redis:// over a tunnel");
  const bool is_tcp = text.starts_with(kTcp), is_unix = text.starts_with(kUnix);
  std::string_view rest = text.substr(is_tcp ? kTcp.size() : is_unix ? kUnix.size() : 0);
  std::string_view credentials = take_before(rest, rest.rfind('@'));
  RedisUrl url;
  url.user = unescape(take_before(credentials, credentials.find(':')));
  url.password = unescape(credentials);
  if ((is_tcp && read_place(rest, url)) || (is_unix && read_socket(rest, url))) return url;
  const std::string scheme(text.substr(0, std::min(text.find("://"), text.size())));
  return error(Code::kInvalid, "the URL of a remote cache is redis://[[user:]password@]host[:port][/db] or "
                               "redis+unix:///path/to/socket[?db=n]; one that begins with '" +
                                   scheme + "' was given, ending in '" + std::string(rest) + "'");
}

} // namespace graft::driver
