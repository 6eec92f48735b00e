// How one value becomes another: the steps that carry a kept object over, made from two types and run on two addresses.
#pragma once

#include <graft/base/facts.hpp>
#include <graft/base/result.hpp>
#include <graft/jit/linker.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace graft {

/// A number in memory: an integer of any width, a bit-field, or a floating-point number.
struct NumberPlace {
  TypeKind kind = TypeKind::kSigned; ///< kBool, kSigned, kUnsigned or kFloat
  std::uint32_t width_bits = 0;
  std::uint64_t offset_bits = 0;
};

/// One step. Offsets are relative to the two addresses that it runs on.
struct Step {
  enum class Kind : std::uint8_t {
    kBytes,   ///< copies `size` bytes
    kNumber,  ///< converts `from_number` to `to_number`, without loss
    kEnum,    ///< the same through `values`
    kReplace, ///< calls `symbol(to, from)`: a class's own copy constructor
    kMigrate, ///< calls `symbol(to, from)`: the author's GRAFT_MIGRATE
    kEach,    ///< runs `steps` on `count` elements
  };
  Kind kind = Kind::kBytes;
  std::uint64_t to = 0;
  std::uint64_t from = 0;
  std::uint64_t size = 0;
  NumberPlace to_number;
  NumberPlace from_number;
  std::vector<std::pair<std::int64_t, std::int64_t>> values; ///< old value, new value
  std::string symbol;
  std::string path; ///< for messages
  std::uint64_t count = 0;
  std::uint64_t to_stride = 0;
  std::uint64_t from_stride = 0;
  std::vector<Step> steps;
};

/// Runs `steps`, which never write to `from`. kInvalid for a value that has no counterpart; what plugin code throws is the
/// caller's.
Result<void> run_steps(const std::vector<Step> &steps, std::byte *to, const std::byte *from, const jit::Image &image);

/// Whether every value of `from` is one of `to`.
bool can_widen(const NumberPlace &from, const NumberPlace &to);

/// The number at a place, as text.
std::string number_text(const std::byte *base, const NumberPlace &place);

} // namespace graft
