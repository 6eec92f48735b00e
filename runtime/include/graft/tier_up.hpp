// When a bundle's code is optimised: before its first call, behind it, or never.
#pragma once

#include <cstdint>

namespace graft {

enum class TierUp : std::uint8_t {
  kFastThenGood, ///< compiled at -O0, called at once; then at -O2 in the background, which takes over while calls go on
  kGood,         ///< compiled at -O2 before it is called
  kFast,         ///< compiled at -O0, and left so
};

} // namespace graft
