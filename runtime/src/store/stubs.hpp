// What a table holds where there is nothing to call: functions that report why, and return zero or a status.
//
// A stub knows its index only; which contract and bundle it stands for is read from the table that the calling thread has pinned.
#pragma once

#include <cstddef>
#include <cstdint>

namespace graft {

/// The largest number of functions in a contract.
inline constexpr std::size_t kMaxFunctions = 1'024;

enum class StubReason : std::uint32_t { kMissing = 0, kStale = 1, kEnded = 2 };
enum class StubResult : std::uint32_t {
  kZero = 0,   ///< zero in rax, rdx, xmm0 and xmm1: every type that a contract may return
  kStatus = 1, ///< the reason's code in eax
};

/// The stub for entry `index` of a table.
const void *stub(StubReason reason, StubResult result, std::size_t index) noexcept;
/// Whether `function` is one of the stubs.
bool is_stub_address(const void *function) noexcept;

} // namespace graft
