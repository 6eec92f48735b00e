// An entry's seal: a keyed hash over its name and its bytes. Without the key nobody makes an entry that opens, and an entry
// that is whole opens under its own name only.
//
// Rationale: BLAKE3's keyed mode, which libLLVM brings along, and not a library for cryptography: it is a message
// authentication code, it is fast, and it is there.
#pragma once

#include "secret.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace graft::driver {

std::vector<char> seal(const Secret &secret, std::string_view name, std::span<const char> body);

/// The body within `bytes`; nothing when they are damaged, of another name, or sealed with another key.
std::optional<std::span<const char>> unseal(const Secret &secret, std::string_view name, std::span<const char> bytes);

} // namespace graft::driver
