// Is this program built with a sanitizer? For the few tests whose question cannot be asked under one; each skips and says
// why.
#pragma once

#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#endif

namespace graft::test {

inline constexpr bool kAddressSanitized = __has_feature(address_sanitizer);
inline constexpr bool kThreadSanitized = __has_feature(thread_sanitizer);
inline constexpr bool kInstrumented = kAddressSanitized || kThreadSanitized;

/// While one lives, what its thread allocates may leak: some tests ask what becomes of a plugin that does.
#if __has_feature(address_sanitizer)
using LeaksOnPurpose = __lsan::ScopedDisabler;
#else
struct [[maybe_unused]] LeaksOnPurpose {
  LeaksOnPurpose() {} // not trivial, so that a guard of it is used
};
#endif

} // namespace graft::test
