// See permits.hpp. What changes is stored under the mutex and read without it.
#include "permits.hpp"

#include <graft/base/near.hpp>

#include <algorithm>

namespace graft {
namespace {

std::string quoted(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text.empty() ? "none" : text;
}

} // namespace

Result<std::unique_ptr<Permits>> Permits::create(const PermissionRules &rules) {
  GRAFT_TRY_ASSIGN(PermissionNames names, PermissionNames::create(rules.custom));
  PermissionBits at_most = rules.at_most ? 0 : kEverything;
  for (const std::string &name : rules.at_most.value_or(std::vector<std::string>())) {
    GRAFT_TRY_ASSIGN(const PermissionBits bit, names.bit_of(name));
    at_most |= bit;
  }
  return std::unique_ptr<Permits>(new Permits(std::move(names), at_most));
}

Result<PermissionBits> Permits::ask(const Manifest &manifest, std::string_view bundle, Vouched vouched) const {
  const std::string named = "bundle '" + std::string(bundle) + "'";
  if (!manifest.lists_permissions) {
    if ((at_most_ & kWholeProcess) != 0 || vouched == Vouched::kYes) return kEverything;
    return error(Code::kRefused,
                 named + " does not list its permissions, and this host lets no bundle have all of the process; "
                         "add 'permissions = [...]' to its graft.toml",
                 {manifest.file, 0, 0});
  }
  PermissionBits asked = 0;
  for (const Word &word : manifest.permissions) {
    auto bit = names_.bit_of(word.text);
    if (!bit) return error(bit.error().code, bit.error().message, word.where);
    if ((*bit & at_most_) == 0)
      return error(Code::kRefused,
                   named + " asks for permission '" + word.text + "', and this host grants at most " +
                       quoted(names_.names(at_most_)),
                   word.where);
    asked |= *bit;
  }
  return asked;
}

const Grant *Permits::find(std::uint64_t generation) const {
  const auto found = grants_.find(generation);
  return found == grants_.end() ? nullptr : &found->second;
}

void Permits::add(std::uint64_t generation, std::string_view bundle, PermissionBits asked) {
  const MutexLock lock(mutex_);
  const auto taken = taken_.find(bundle);
  const PermissionBits granted = asked & at_most_ & ~(taken == taken_.end() ? 0 : taken->second);
  grants_.insert_or_assign(generation,
                           Grant{std::string(bundle), asked, std::make_shared<std::atomic<PermissionBits>>(granted)});
}

void Permits::remove(std::uint64_t generation) {
  const MutexLock lock(mutex_);
  grants_.erase(generation);
}

PermissionBits Permits::taken_from(std::string_view bundle) const {
  const MutexLock lock(mutex_);
  const auto taken = taken_.find(bundle);
  return taken == taken_.end() ? 0 : taken->second;
}

PermissionBits Permits::granted_to(std::uint64_t generation) const {
  const MutexLock lock(mutex_);
  const Grant *grant = find(generation);
  return grant == nullptr ? kEverything : grant->bits();
}

Result<void> Permits::check(std::uint64_t generation, std::string_view permission, std::string_view what) const {
  const PermissionBits bit = names_.find(permission).value_or(0);
  const MutexLock lock(mutex_);
  const Grant *grant = find(generation);
  if (grant == nullptr || (grant->bits() & bit) == bit) return {};
  const std::string sentence =
      "bundle '" + grant->bundle + "' has no permission '" + std::string(permission) + "' for " + std::string(what);
  if ((grant->asked & bit) == 0) return error(Code::kRefused, sentence + "; add it to 'permissions' in its graft.toml");
  return error(Code::kRefused, sentence + "; the host does not grant it");
}

Result<Permit> Permits::permit(std::uint64_t generation, std::string_view permission) const {
  GRAFT_TRY_ASSIGN(const PermissionBits bit, names_.bit_of(permission));
  const MutexLock lock(mutex_);
  const Grant *grant = find(generation);
  return grant == nullptr ? Permit() : Permit(grant->granted, bit);
}

void Permits::settle(std::string_view bundle) {
  const PermissionBits taken = taken_.find(bundle)->second;
  for (auto &[generation, grant] : grants_)
    if (grant.bundle == bundle)
      grant.granted->store(grant.asked & at_most_ & ~taken, std::memory_order_relaxed); // pairs with Permit::is_granted
}

std::string Permits::perhaps_meant(std::string_view bundle) const {
  const MutexLock lock(mutex_);
  std::vector<std::string> known;
  for (const auto &[generation, grant] : grants_) known.push_back(grant.bundle);
  return std::ranges::find(known, bundle) != known.end() ? std::string() : nearest(bundle, known);
}

Result<void> Permits::take(std::string_view bundle, std::string_view permission) {
  GRAFT_TRY_ASSIGN(const PermissionBits bit, names_.bit_of(permission));
  const MutexLock lock(mutex_);
  taken_[std::string(bundle)] |= bit;
  settle(bundle);
  return {};
}

Result<void> Permits::give(std::string_view bundle, std::string_view permission) {
  GRAFT_TRY_ASSIGN(const PermissionBits bit, names_.bit_of(permission));
  const MutexLock lock(mutex_);
  const auto may_have = [&](const auto &entry) {
    return entry.second.bundle == bundle && (entry.second.asked & at_most_ & bit) != 0;
  };
  if (std::ranges::none_of(grants_, may_have)) // R1
    return error(Code::kRefused, "bundle '" + std::string(bundle) + "' did not ask for permission '" +
                                     std::string(permission) + "', so it cannot be given back");
  taken_[std::string(bundle)] &= ~bit;
  settle(bundle);
  return {};
}

} // namespace graft
