// Is this program built with a sanitizer? For the few tests whose question cannot be asked under one; each skips and says
// why.
#pragma once

namespace graft::test {

inline constexpr bool kAddressSanitized = __has_feature(address_sanitizer);
inline constexpr bool kThreadSanitized = __has_feature(thread_sanitizer);
inline constexpr bool kInstrumented = kAddressSanitized || kThreadSanitized;

} // namespace graft::test
