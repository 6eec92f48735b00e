// The check at the link: which symbols of the process a bundle's code may be bound to, and what is said when it asks for
// others.
#pragma once

#include "permission_names.hpp"

#include <graft/jit/linker.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// Whether code may call the runtime of the sanitizer that it was compiled with.
enum class Sanitized : std::uint8_t { kNo, kYes };

/// Of one link. Borrows the names.
class LinkGate final : public jit::SymbolGate {
 public:
  /// `manifest`: the file to add a permission to; empty when there is none.
  LinkGate(const PermissionNames &names, PermissionBits granted, PermissionBits asked, std::string manifest,
           Sanitized sanitized = Sanitized::kNo)
      : names_(names), granted_(granted), asked_(asked), manifest_(std::move(manifest)), sanitized_(sanitized) {}

  bool allows(std::string_view symbol) const override;
  /// kRefused: each function with its place and what it needs, then what to add where.
  Error refuse(const std::vector<std::string> &symbols, const Artifact &artifact) const override;
  bool lacks_places() const override { return lacks_places_; }

 private:
  const PermissionNames &names_;
  const PermissionBits granted_, asked_;
  const std::string manifest_;
  const Sanitized sanitized_;
  mutable bool lacks_places_ = false;
};

/// What `syscall` is for code that does not have all of the process: it waits on and wakes futexes, as the C++ library's
/// headers have std::atomic::wait do, and fails with EPERM for everything else.
const void *futex_alone();

} // namespace graft
