// What a bundle may do. Its manifest asks (`permissions = ["fs", "kv"]`), the host says what may be asked for at most, and
// what is granted is checked twice: when the bundle is linked, where a function of the C or C++ library that is not covered
// does not resolve; and when a host contract that asks for a permission is acquired and called.
//
// A bundle without the key asks for everything. runtime/doc/permissions.md says what each permission covers, and what this
// does not stop: inside one process it stops mistakes, not malice.
#pragma once

#include <graft/base/export.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft {

struct PermissionInfo {
  std::string_view name;
  std::string_view covers; ///< in words
};

/// Those that graft knows by itself. Static.
GRAFT_API std::span<const PermissionInfo> permissions();

/// What a symbol of the C, C++ or compiler library, as linked, asks for: "fs"; "fs|net" for one of several; "harmless";
/// "libc" for what only the whole process covers. Nothing for a symbol that they do not have.
GRAFT_API std::optional<std::string_view> permission_of(std::string_view symbol);

/// A permission of the host's own: for its host contracts (Offer::permission), and for functions of its program.
struct CustomPermission {
  std::string name;                   ///< with a dot: "acme.audit"
  std::vector<std::string> symbols{}; ///< as linked, that a bundle which has it may link to
};

/// Config::permissions.
struct PermissionRules {
  /// What bundles may ask for at most; nothing: everything. Without "libc" in it, a bundle whose manifest has no
  /// `permissions` is refused.
  std::optional<std::vector<std::string>> at_most{};
  std::vector<CustomPermission> custom{}; ///< 32 at most
};

/// One permission of one version of a bundle, for a host contract to ask at each call: one relaxed load. A copy is cheap,
/// and outlives bundle and runtime; where the bundle's code ended, it says what it said last.
class Permit {
 public:
  Permit() = default; ///< always granted: the host's own
  Permit(std::shared_ptr<const std::atomic<std::uint64_t>> granted, std::uint64_t bits)
      : granted_(std::move(granted)), bits_(bits) {}

  bool is_granted() const noexcept {
    // Relaxed: pairs with the store of Permits::take; a call that runs when it is taken away may be the last.
    return granted_ == nullptr || (granted_->load(std::memory_order_relaxed) & bits_) == bits_;
  }

 private:
  std::shared_ptr<const std::atomic<std::uint64_t>> granted_; // shared with the runtime, which may take bits away
  std::uint64_t bits_ = 0;
};

} // namespace graft
