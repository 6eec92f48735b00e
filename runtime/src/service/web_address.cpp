// Reading addresses strictly: every refusal is a way in which a check and a connection have meant different servers before.
#include <graft/access.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace graft {
namespace {

constexpr std::size_t kMostBytes = 8192;
constexpr std::size_t kMostHost = 253;
constexpr std::size_t kMostLabel = 63;

bool is_digit(char character) { return character >= '0' && character <= '9'; }
bool is_letter(char character) { return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z'); }
char to_lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}
std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), to_lower);
  return result;
}

Error refused(std::string_view text, const std::string &why) {
  std::string shown(text.substr(0, 120));
  for (char &character : shown)
    if (character < ' ' || character > '~') character = '?';
  return error(Code::kInvalid, "web address '" + shown + "': " + why);
}

std::uint16_t port_of(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

/// 1 to 65535, without a sign or leading zeros.
std::optional<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc() || end != text.data() + text.size() || text[0] == '0' || port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

/// Four decimal numbers without leading zeros; nothing else that resolvers take for an IPv4 address.
bool is_ipv4(std::string_view host) {
  in_addr address{};
  const std::string text(host);
  std::array<char, INET_ADDRSTRLEN> spelled{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1 &&
         ::inet_ntop(AF_INET, &address, spelled.data(), spelled.size()) != nullptr && text == spelled.data();
}

/// As the system would print it, in brackets.
std::optional<std::string> canonical_ipv6(std::string_view inside) {
  in6_addr address{};
  const std::string text(inside);
  std::array<char, INET6_ADDRSTRLEN> spelled{};
  if (::inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  if (::inet_ntop(AF_INET6, &address, spelled.data(), spelled.size()) == nullptr) return std::nullopt;
  return "[" + std::string(spelled.data()) + "]";
}

bool is_label(std::string_view label) {
  const auto may_be_in = [](char character) {
    return is_letter(character) || is_digit(character) || character == '-' || character == '_';
  };
  return !label.empty() && label.size() <= kMostLabel && std::ranges::all_of(label, may_be_in);
}

/// A name whose last label is a number, decimal or not, is an address to some resolvers.
bool ends_in_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return std::ranges::all_of(last, is_digit) || last.starts_with("0x");
}

/// The canonical host, or why there is none. `given` is without port and user.
Result<std::string> canonical_host(std::string_view given, std::string_view whole) {
  if (given.starts_with('[')) {
    if (!given.ends_with(']')) return refused(whole, "the bracket of its host is not closed");
    auto address = canonical_ipv6(given.substr(1, given.size() - 2));
    if (!address) return refused(whole, "what is in brackets is no IPv6 address");
    return *std::move(address);
  }
  std::string host = lower(given);
  if (host.ends_with('.')) host.pop_back();
  if (host.empty()) return refused(whole, "it names no host");
  if (host.size() > kMostHost)
    return refused(whole, "its host has " + std::to_string(host.size()) + " characters, at most 253 are a name");
  for (std::size_t begin = 0; begin <= host.size();) {
    const std::size_t end = std::min(host.find('.', begin), host.size());
    if (!is_label(std::string_view(host).substr(begin, end - begin)))
      return refused(whole, "its host is no name of letters, digits and hyphens; others are written in their ASCII form");
    begin = end + 1;
  }
  if (ends_in_number(host) && !is_ipv4(host))
    return refused(whole, "its host is a number that is read as an address in more than one way");
  return host;
}

int hex_value(char digit) {
  if (is_digit(digit)) return digit - '0';
  const char low = to_lower(digit);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool is_unreserved(char character) {
  return is_letter(character) || is_digit(character) || character == '-' || character == '.' || character == '_' ||
         character == '~';
}

/// Encoded where it must be and nowhere else. Separators in disguise are refused.
Result<std::string> decode_path(std::string_view path, std::string_view whole) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string decoded;
  for (std::size_t index = 0; index < path.size(); ++index) {
    if (path[index] != '%') {
      decoded += path[index];
      continue;
    }
    const int high = index + 2 < path.size() ? hex_value(path[index + 1]) : -1;
    const int low = index + 2 < path.size() ? hex_value(path[index + 2]) : -1;
    if (high < 0 || low < 0) return refused(whole, "a '%' in its path is not followed by two hexadecimal digits");
    const auto byte = static_cast<unsigned char>(high * 16 + low);
    if (byte == '/' || byte == '\\' || byte == '%' || byte < 0x20 || byte == 0x7f)
      return refused(whole, "its path hides a separator, a '%' or a control character in an encoding");
    if (is_unreserved(static_cast<char>(byte)))
      decoded += static_cast<char>(byte);
    else
      decoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    index += 2;
  }
  return decoded;
}

/// `/a/./b/../c` is `/a/c`; what leads above the root ends there.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> segments;
  bool ends_in_folder = true;
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    ends_in_folder = segment == "." || segment == ".." || segment.empty();
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (segment != "." && (!segment.empty() || end < path.size())) {
      segments.push_back(segment);
    }
    begin = end + 1;
  }
  std::string result;
  for (const std::string_view segment : segments) result += "/" + std::string(segment);
  return ends_in_folder ? result + "/" : result;
}

/// A segment of dots with a parameter (`..;a=b`) is read by some servers as dots.
bool has_dots_with_parameter(std::string_view path) {
  for (const std::string_view dots : {"/..;", "/.;"})
    if (path.find(dots) != path.npos) return true;
  return false;
}

/// An empty segment (`//`) is read by some servers as none.
bool has_empty_segment(std::string_view path) { return path.find("//") != path.npos; }

struct Authority {
  std::string_view host;
  std::string_view port; ///< empty: none is given
};

Result<Authority> split(std::string_view authority, std::string_view whole) {
  const std::size_t end_of_host = authority.starts_with('[') ? authority.find(']') : 0;
  if (end_of_host == authority.npos) return refused(whole, "the bracket of its host is not closed");
  const std::size_t colon = authority.find(':', end_of_host);
  if (colon == authority.npos) return Authority{authority, {}};
  if (colon + 1 == authority.size()) return refused(whole, "a ':' behind its host is followed by no port");
  return Authority{authority.substr(0, colon), authority.substr(colon + 1)};
}

Result<std::string> canonical_path(std::string_view path, std::string_view whole) {
  GRAFT_TRY_ASSIGN(const std::string decoded, decode_path(path, whole));
  if (has_empty_segment(decoded)) return refused(whole, "its path has an empty segment");
  if (has_dots_with_parameter(decoded)) return refused(whole, "its path has a parameter behind dots");
  return without_dots(decoded);
}

/// What no part of an address may hold.
Result<void> check_characters(std::string_view text) {
  if (text.size() > kMostBytes)
    return refused(text, "it has " + std::to_string(text.size()) + " bytes, at most 8192 are read");
  for (const char character : text) {
    if (character <= ' ' || character > '~')
      return refused(text, "it has a blank, a control character or one that is not ASCII; encode it");
    if (character == '\\') return refused(text, "it has a back slash, which some read as a slash");
  }
  return {};
}

} // namespace

Result<WebAddress> parse_web_address(std::string_view text) {
  GRAFT_TRY(check_characters(text));
  WebAddress address;
  const std::size_t colon = text.find("://");
  if (colon == text.npos) return refused(text, "it does not begin with http:// or https://");
  address.scheme = lower(text.substr(0, colon));
  if (address.scheme != "http" && address.scheme != "https") return refused(text, "its scheme is neither http nor https");
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  rest = rest.substr(end);
  if (authority.find('@') != authority.npos)
    return refused(text, "it has a user name; what stands before an '@' is no host");
  GRAFT_TRY_ASSIGN(const Authority parts, split(authority, text));
  GRAFT_TRY_ASSIGN(address.host, canonical_host(parts.host, text));
  address.port = port_of(address.scheme);
  if (!parts.port.empty()) {
    const auto port = parse_port(parts.port);
    if (!port) return refused(text, "its port is no number from 1 to 65535");
    address.port = *port;
  }
  const std::size_t question = rest.find('?');
  const std::string_view path = rest.substr(0, question);
  GRAFT_TRY_ASSIGN(address.path, canonical_path(path.empty() ? "/" : path, text));
  if (question != rest.npos) address.query = rest.substr(question + 1);
  return address;
}

std::string to_string(const WebAddress &address) {
  std::string text = address.scheme + "://" + address.host;
  if (address.port != port_of(address.scheme)) text += ":" + std::to_string(address.port);
  text += address.path;
  if (!address.query.empty()) text += "?" + address.query;
  return text;
}

Result<WebRule> parse_web_rule(std::string_view text) {
  GRAFT_TRY(check_characters(text));
  WebRule rule;
  std::string_view rest = text;
  if (const std::size_t colon = text.find("://"); colon != text.npos) {
    rule.scheme = lower(text.substr(0, colon));
    if (rule.scheme != "http" && rule.scheme != "https") return refused(text, "its scheme is neither http nor https");
    rest = text.substr(colon + 3);
  }
  const std::size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view path = rest.substr(end);
  if (rest.find_first_of("@?#*") != rest.npos)
    return refused(text, "a rule is a host, with a scheme, a port and a path at most");
  GRAFT_TRY_ASSIGN(const Authority parts, split(rest.substr(0, end), text));
  const bool is_suffix = parts.host.starts_with('.');
  GRAFT_TRY_ASSIGN(rule.host, canonical_host(parts.host.substr(is_suffix ? 1 : 0), text));
  if (is_suffix && (is_ipv4(rule.host) || rule.host.starts_with('['))) return refused(text, "nothing is below an address");
  if (is_suffix) rule.host.insert(0, ".");
  if (!parts.port.empty()) {
    const auto port = parse_port(parts.port);
    if (!port) return refused(text, "its port is no number from 1 to 65535");
    rule.port = *port;
  }
  GRAFT_TRY_ASSIGN(rule.path, canonical_path(path.empty() ? "/" : path, text));
  if (rule.path.size() > 1 && rule.path.ends_with('/')) rule.path.pop_back();
  return rule;
}

bool allows(const WebRule &rule, const WebAddress &address) noexcept {
  if (!rule.scheme.empty() && rule.scheme != address.scheme) return false;
  if (address.port != (rule.port != 0 ? rule.port : port_of(address.scheme))) return false;
  const std::string_view host = address.host;
  const bool is_host =
      rule.host.starts_with('.') ? host.size() > rule.host.size() && host.ends_with(rule.host) : host == rule.host;
  if (!is_host) return false;
  if (rule.path == "/") return true;
  const std::string_view path = address.path;
  return path == rule.path || (path.starts_with(rule.path) && path[rule.path.size()] == '/');
}

} // namespace graft
