// The permissions of one runtime by name: the closed list that graft knows, and those of the host's own. Each is a bit.
#pragma once

#include <graft/base/result.hpp>
#include <graft/permissions.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

using PermissionBits = std::uint64_t;

inline constexpr PermissionBits kWholeProcess = 1; ///< "libc"
inline constexpr PermissionBits kEverything = ~PermissionBits{0};

/// Whether a text can name a permission of a host's own.
bool is_custom_permission(std::string_view name);
/// "; did you mean 'kv'?", or what is known.
std::string permission_hint(std::string_view name, const std::vector<std::string> &known);
/// Of graft's own permissions.
std::vector<std::string> known_permissions();

class PermissionNames {
 public:
  /// kInvalid for a name that cannot be one, or is there twice.
  static Result<PermissionNames> create(const std::vector<CustomPermission> &custom);

  std::optional<PermissionBits> find(std::string_view name) const;
  /// kInvalid, with the nearest name, for one that is not known.
  Result<PermissionBits> bit_of(std::string_view name) const;
  /// Bits of which a symbol needs any one; 0: harmless. Nothing: no permission covers it.
  std::optional<PermissionBits> needs_of(std::string_view symbol) const;
  /// The names of bits, in the order of the list.
  std::vector<std::string> names(PermissionBits bits) const;

 private:
  std::vector<std::string> names_;                              ///< the place of each is its bit
  std::vector<std::pair<std::string, PermissionBits>> symbols_; ///< of the custom ones, sorted
};

} // namespace graft
