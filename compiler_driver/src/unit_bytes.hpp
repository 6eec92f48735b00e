// A file's unit as bytes and back, for what stores or sends it: most of it travels as an artifact of one file does, whose
// format and checks are known. Left out is what a store knows otherwise (the trace) and what is worked out again
// (`headers`, `shared`, `needed`).
#pragma once

#include "header_code.hpp"
#include "unit.hpp"

#include <optional>
#include <span>
#include <vector>

namespace graft::driver {

std::vector<char> to_bytes(const Unit &unit);

/// A unit, and the key of the HeaderCode that it needs beside it (all zero: none), which the caller finds.
struct UnitInBytes {
  Unit unit;
  ContentKey learned;
};
/// Nothing for bytes that are damaged, or of another format.
std::optional<UnitInBytes> unit_from_bytes(std::span<const char> bytes);

std::vector<char> to_bytes(const HeaderCode &code);
std::optional<HeaderCode> header_code_from_bytes(std::span<const char> bytes);

} // namespace graft::driver
