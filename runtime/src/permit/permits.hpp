// What the bundles of one runtime may do: what each version asked for, what it was granted, and what the host took away
// since.
//
//   granted = asked for by the manifest, of what the host lets anybody have, less what was taken from the bundle
//
//   R1  A version is never granted what its manifest did not ask for.
//   R2  What is taken stays taken from the bundle's later versions, until it is given back.
#pragma once

#include "../bundle/manifest.hpp"
#include "permission_names.hpp"

#include <graft/abi.h>
#include <graft/base/mutex.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// Of one generation.
struct Grant {
  std::string bundle;
  PermissionBits asked = 0;
  /// Relaxed: it says nothing about other memory; a check that runs beside a change may come before it.
  std::shared_ptr<std::atomic<PermissionBits>> granted; // shared with the permits that were handed out

  PermissionBits bits() const { return granted->load(std::memory_order_relaxed); }
};

/// Threads: all functions may be called from any thread.
class Permits {
 public:
  /// kInvalid for rules that name what is no permission.
  static Result<std::unique_ptr<Permits>> create(const PermissionRules &rules);

  /// What a manifest asks for. kInvalid for a name that nobody declared; kRefused for what the host lets nobody have. Code
  /// that the host itself vouches for needs no list.
  enum class Vouched : std::uint8_t { kNo, kYes };
  Result<PermissionBits> ask(const Manifest &manifest, std::string_view bundle, Vouched vouched) const;

  void add(std::uint64_t generation, std::string_view bundle, PermissionBits asked);
  void remove(std::uint64_t generation);
  /// What a generation may do now; everything for one that is not known: the host itself.
  PermissionBits granted_to(std::uint64_t generation) const;
  /// What the host took away, of a bundle that it names.
  PermissionBits taken_from(std::string_view bundle) const;
  /// Granted to a generation? kRefused, with what to do, when not.
  Result<void> check(std::uint64_t generation, std::string_view permission, std::string_view what) const;
  /// kInvalid for what is no permission.
  Result<Permit> permit(std::uint64_t generation, std::string_view permission) const;

  /// Of all versions of a bundle, loaded or to come. kInvalid for what is no permission; `give` as well kRefused for what no
  /// live version asked for, or nobody may have.
  Result<void> take(std::string_view bundle, std::string_view permission);
  Result<void> give(std::string_view bundle, std::string_view permission);
  /// The loaded bundle with nearly that name; empty when it is one's own name, or nobody's.
  std::string perhaps_meant(std::string_view bundle) const;

  const PermissionNames &names() const { return names_; }

 private:
  Permits(PermissionNames names, PermissionBits at_most) : names_(std::move(names)), at_most_(at_most) {}
  const Grant *find(std::uint64_t generation) const GRAFT_REQUIRES(mutex_);
  void settle(std::string_view bundle) GRAFT_REQUIRES(mutex_);

  const PermissionNames names_;
  const PermissionBits at_most_;
  mutable Mutex mutex_;
  std::map<std::uint64_t, Grant> grants_ GRAFT_GUARDED_BY(mutex_);                    ///< by generation
  std::map<std::string, PermissionBits, std::less<>> taken_ GRAFT_GUARDED_BY(mutex_); ///< by bundle
};

} // namespace graft
