// The identities of contracts and bundles: 64-bit hashes of their names.
//
// Two names with one id are refused where they meet, in the store; here is only the arithmetic.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "hash.hpp"

namespace graft {

/// Identity of a contract: `name@major`, host contracts in a space of their own.
struct ContractId {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const ContractId &) const = default;
};

/// Identity of a bundle by its name. 0 is the host itself.
struct BundleId {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const BundleId &) const = default;
};

inline constexpr BundleId kHostBundle{0};

namespace detail {
constexpr std::uint64_t hash_name_and_major(std::string_view space, std::string_view name, std::uint32_t major) noexcept {
  char digits[10] = {};
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + major % 10);
    major /= 10;
  } while (major != 0);
  std::uint64_t hash = fnv1a64("@", fnv1a64(name, fnv1a64(space)));
  while (count > 0) hash = fnv1a64({&digits[--count], 1}, hash);
  return hash;
}
}  // namespace detail

constexpr ContractId guest_contract_id(std::string_view name, std::uint32_t major) noexcept {
  return {detail::hash_name_and_major("guest_contract:", name, major)};
}
constexpr ContractId host_contract_id(std::string_view name, std::uint32_t major) noexcept {
  return {detail::hash_name_and_major("host_contract:", name, major)};
}
constexpr BundleId bundle_id(std::string_view name) noexcept { return {fnv1a64(name)}; }

}  // namespace graft

template <>
struct std::hash<graft::ContractId> {
  std::size_t operator()(graft::ContractId id) const noexcept { return id.value; }
};
template <>
struct std::hash<graft::BundleId> {
  std::size_t operator()(graft::BundleId id) const noexcept { return id.value; }
};
