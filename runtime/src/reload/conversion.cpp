// Running the steps of a migration.
#include "conversion.hpp"

#include <algorithm>
#include <cstring>

namespace graft {
namespace {

/// As wide as the widest number.
__extension__ using Bits = unsigned __int128;
__extension__ using SignedBits = __int128;
constexpr std::uint32_t kMostBits = 128;

bool is_whole_bytes(const NumberPlace &place) {
  return place.offset_bits % 8 == 0 && place.width_bits % 8 == 0 && place.width_bits <= kMostBits;
}

Bits read_single_bits(const std::byte *base, const NumberPlace &place) {
  Bits bits = 0;
  for (std::uint32_t i = 0; i < place.width_bits; ++i) {
    const std::uint64_t at = place.offset_bits + i;
    bits |= static_cast<Bits>((std::to_integer<unsigned>(base[at / 8]) >> (at % 8)) & 1u) << i;
  }
  return bits;
}

Bits read_bits(const std::byte *base, const NumberPlace &place) {
  Bits bits = 0;
  if (is_whole_bytes(place))
    std::memcpy(&bits, base + place.offset_bits / 8, place.width_bits / 8);
  else
    bits = read_single_bits(base, place);
  const bool is_negative =
      place.kind == TypeKind::kSigned && place.width_bits < kMostBits && ((bits >> (place.width_bits - 1)) & 1u) != 0;
  return is_negative ? bits | (~Bits{0} << place.width_bits) : bits;
}

void write_bits(std::byte *base, const NumberPlace &place, Bits bits) {
  if (is_whole_bytes(place)) {
    std::memcpy(base + place.offset_bits / 8, &bits, place.width_bits / 8); // x86-64: the low bytes come first
    return;
  }
  for (std::uint32_t i = 0; i < place.width_bits; ++i) {
    const std::uint64_t at = place.offset_bits + i;
    const auto mask = std::byte{1} << (at % 8);
    base[at / 8] = ((bits >> i) & 1u) != 0 ? base[at / 8] | mask : base[at / 8] & ~mask;
  }
}

template <class T>
T load(const std::byte *address) {
  T value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

long double read_float(const std::byte *base, const NumberPlace &place) {
  const std::byte *address = base + place.offset_bits / 8;
  if (place.kind == TypeKind::kSigned) return static_cast<long double>(static_cast<SignedBits>(read_bits(base, place)));
  if (place.kind != TypeKind::kFloat) return static_cast<long double>(read_bits(base, place));
  if (place.width_bits == 32) return load<float>(address);
  if (place.width_bits == 64) return static_cast<long double>(load<double>(address));
  return load<long double>(address);
}

void write_float(std::byte *base, const NumberPlace &place, long double value) {
  std::byte *address = base + place.offset_bits / 8;
  const auto store = [&](auto number) { std::memcpy(address, &number, sizeof number); };
  if (place.width_bits == 32) return store(static_cast<float>(value));
  if (place.width_bits == 64) return store(static_cast<double>(value));
  store(value);
}

/// A signalling NaN would be another one after a conversion, even to its own type.
bool is_same_float(const NumberPlace &to, const NumberPlace &from) {
  return to.kind == TypeKind::kFloat && from.kind == TypeKind::kFloat && to.width_bits == from.width_bits;
}

void convert_number(const Step &step, std::byte *to, const std::byte *from) {
  if (is_same_float(step.to_number, step.from_number))
    std::memcpy(to + step.to_number.offset_bits / 8, from + step.from_number.offset_bits / 8, step.to_number.width_bits / 8);
  else if (step.to_number.kind == TypeKind::kFloat)
    write_float(to, step.to_number, read_float(from, step.from_number));
  else
    write_bits(to, step.to_number, read_bits(from, step.from_number));
}

Result<void> convert_enum(const Step &step, std::byte *to, const std::byte *from) {
  const auto value = static_cast<std::int64_t>(read_bits(from, step.from_number));
  const auto found = std::ranges::find(step.values, value, &std::pair<std::int64_t, std::int64_t>::first);
  if (found == step.values.end())
    return error(Code::kInvalid,
                 "kept '" + step.path + "' holds " + std::to_string(value) +
                     ", for which no single enumerator of the new version stands; write GRAFT_MIGRATE, or set it first");
  const bool is_signed = step.to_number.kind == TypeKind::kSigned;
  write_bits(to, step.to_number, is_signed ? static_cast<Bits>(found->second) : static_cast<std::uint64_t>(found->second));
  return {};
}

void call(const Step &step, std::byte *to, const std::byte *from, const jit::Image &image) {
  using Function = void(void *to, const void *from);
  reinterpret_cast<Function *>(const_cast<void *>(image.address(step.symbol)))(to, from);
}

std::string text_of(Bits bits) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(bits % 10)));
    bits /= 10;
  } while (bits != 0);
  return digits;
}

} // namespace

Result<void> run_steps(const std::vector<Step> &steps, std::byte *to, const std::byte *from, const jit::Image &image) {
  for (const Step &step : steps) {
    std::byte *target = to + step.to;
    const std::byte *source = from + step.from;
    switch (step.kind) {
    case Step::Kind::kBytes:
      std::memcpy(target, source, step.size);
      break;
    case Step::Kind::kNumber:
      convert_number(step, target, source);
      break;
    case Step::Kind::kEnum:
      GRAFT_TRY(convert_enum(step, target, source));
      break;
    case Step::Kind::kReplace:
    case Step::Kind::kMigrate:
      call(step, target, source, image);
      break;
    case Step::Kind::kEach:
      for (std::uint64_t i = 0; i < step.count; ++i)
        GRAFT_TRY(run_steps(step.steps, target + i * step.to_stride, source + i * step.from_stride, image));
      break;
    }
  }
  return {};
}

bool can_widen(const NumberPlace &from, const NumberPlace &to) {
  const bool is_signed = from.kind == TypeKind::kSigned;
  const std::uint32_t bits = from.kind == TypeKind::kBool ? 1 : from.width_bits;
  if (from.kind == TypeKind::kFloat) return to.kind == TypeKind::kFloat && to.width_bits >= from.width_bits;
  if (to.kind == TypeKind::kFloat)
    return bits - (is_signed ? 1 : 0) <= (to.width_bits == 32 ? 24u : to.width_bits == 64 ? 53u : 64u);
  if (to.kind == TypeKind::kBool) return from.kind == TypeKind::kBool;
  if (to.kind == TypeKind::kUnsigned) return !is_signed && to.width_bits >= bits;
  return is_signed ? to.width_bits >= bits : to.width_bits > bits;
}

std::string number_text(const std::byte *base, const NumberPlace &place) {
  if (place.kind == TypeKind::kFloat) return std::to_string(static_cast<double>(read_float(base, place)));
  const Bits bits = read_bits(base, place);
  if (place.kind == TypeKind::kBool) return bits != 0 ? "true" : "false";
  const bool is_negative = place.kind == TypeKind::kSigned && static_cast<SignedBits>(bits) < 0;
  return is_negative ? "-" + text_of(-bits) : text_of(bits);
}

} // namespace graft
