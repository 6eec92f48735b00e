// What a bundle may reach through `graft.http`, `graft.query` and `graft.cache`: lists of what is allowed, and web addresses
// in the one form that is held against them.
//
// An address is refused where two programs could read it differently: user names, back slashes, encoded slashes, numbers in
// place of names, white space. What is left has one spelling, and that is what is asked for.
#pragma once

#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// A web address in its canonical form.
struct WebAddress {
  std::string scheme; ///< "http" or "https"
  std::string host;   ///< lower case, without a dot at the end; an IPv6 address in brackets
  std::uint16_t port = 0;
  std::string path;  ///< begins with '/', without dot segments; only what must be is percent-encoded
  std::string query; ///< without '?'

  bool operator==(const WebAddress &) const = default;
};

/// kInvalid, with what is wrong with it.
GRAFT_API Result<WebAddress> parse_web_address(std::string_view text);
/// "https://api.example.com/v1?x=1"; the port only where it is not the scheme's.
GRAFT_API std::string to_string(const WebAddress &address);

/// `api.example.com`: that host. `.example.com`: every host below it, and not itself. Before it may stand a scheme
/// (`https://`), behind it a port (`:8443`; without one, the scheme's) and a path, which allows all below it. An IPv6
/// address is in brackets.
struct WebRule {
  std::string scheme;     ///< empty: both
  std::string host;       ///< as in a WebAddress; begins with a dot where it is a suffix
  std::uint16_t port = 0; ///< 0: the scheme's
  std::string path;       ///< "/" or a folder without '/' at its end

  bool operator==(const WebRule &) const = default;
};

GRAFT_API Result<WebRule> parse_web_rule(std::string_view text);
GRAFT_API bool allows(const WebRule &rule, const WebAddress &address) noexcept;

/// What one bundle may reach; by default nothing.
struct Access {
  std::vector<std::string> http{};  ///< as parse_web_rule reads them
  std::vector<std::string> query{}; ///< names of databases
  std::vector<std::string> cache{}; ///< names of regions
};

} // namespace graft
