// The short names.
#include "names.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace graft {
namespace {

struct Alias {
  std::string_view name;
  std::string_view hook;
};

constexpr Alias kAliases[] = {
    {"pre_query", "proxy.pre_query"},
    {"prequery", "proxy.pre_query"},
    {"post_query", "proxy.post_query"},
    {"postquery", "proxy.post_query"},
    {"authenticate", "proxy.authenticate"},
    {"auth", "proxy.authenticate"},
    {"authorize", "proxy.authorize"},
    {"cache_get", "proxy.cache_get"},
    {"cacheget", "proxy.cache_get"},
    {"cache_set", "proxy.cache_set"},
    {"cacheset", "proxy.cache_set"},
    {"route", "proxy.route"},
    {"routing", "proxy.route"},
    {"rewrite", "proxy.rewrite"},
    {"metrics", "proxy.metrics"},
    {"on_connect", "proxy.on_connect"},
    {"connect", "proxy.on_connect"},
    {"on_disconnect", "proxy.on_disconnect"},
    {"disconnect", "proxy.on_disconnect"},
    {"custom", "proxy.custom"},
    {"custom_hook", "proxy.custom"},
};

} // namespace

std::string hook_of_alias(std::string_view name) {
  if (name.find('.') != name.npos) return std::string(name);
  std::string low(name);
  std::ranges::transform(low, low.begin(), [](unsigned char character) { return std::tolower(character); });
  const auto known = std::ranges::find(kAliases, low, &Alias::name);
  return known != std::end(kAliases) ? std::string(known->hook) : std::string();
}

std::vector<std::string> hook_aliases() {
  std::vector<std::string> names;
  for (const Alias &alias : kAliases) names.emplace_back(alias.name);
  return names;
}

} // namespace graft
