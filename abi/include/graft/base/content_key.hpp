// The name that a content gives itself: a hash of all that went into it. Who makes one is the compiler driver.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "export.hpp"

namespace graft {

/// Names the content of something by a hash of all that went into it. All zero: not known, or not there.
struct ContentKey {
  std::array<std::uint8_t, 32> bytes{};

  bool operator==(const ContentKey &) const = default;
};

/// The first 16 hexadecimal digits: enough to tell versions apart in a message.
GRAFT_API std::string short_text(const ContentKey &key);

}  // namespace graft
