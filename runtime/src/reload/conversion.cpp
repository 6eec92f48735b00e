// Running the steps of a migration.
#include "conversion.hpp"

#include <algorithm>
#include <cstring>

namespace graft {
namespace {

bool is_whole_bytes(const NumberPlace &place) {
  return place.offset_bits % 8 == 0 && place.width_bits % 8 == 0 && place.width_bits <= 64;
}

std::uint64_t read_single_bits(const std::byte *base, const NumberPlace &place) {
  std::uint64_t bits = 0;
  for (std::uint32_t i = 0; i < place.width_bits; ++i) {
    const std::uint64_t at = place.offset_bits + i;
    bits |= ((std::to_integer<std::uint64_t>(base[at / 8]) >> (at % 8)) & 1u) << i;
  }
  return bits;
}

std::uint64_t read_bits(const std::byte *base, const NumberPlace &place) {
  std::uint64_t bits = 0;
  if (is_whole_bytes(place))
    std::memcpy(&bits, base + place.offset_bits / 8, place.width_bits / 8);
  else
    bits = read_single_bits(base, place);
  const bool is_negative =
      place.kind == TypeKind::kSigned && place.width_bits < 64 && ((bits >> (place.width_bits - 1)) & 1u) != 0;
  return is_negative ? bits | (~std::uint64_t{0} << place.width_bits) : bits;
}

void write_bits(std::byte *base, const NumberPlace &place, std::uint64_t bits) {
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
  if (place.kind == TypeKind::kSigned) return static_cast<long double>(static_cast<std::int64_t>(read_bits(base, place)));
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

void convert_number(const Step &step, std::byte *to, const std::byte *from) {
  if (step.to_number.kind == TypeKind::kFloat)
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
                     ", which no enumerator of the new version stands for; write GRAFT_MIGRATE, or set it first");
  write_bits(to, step.to_number, static_cast<std::uint64_t>(found->second));
  return {};
}

void call(const Step &step, std::byte *to, const std::byte *from, const jit::Image &image) {
  using Function = void(void *to, const void *from);
  reinterpret_cast<Function *>(const_cast<void *>(image.address(step.symbol)))(to, from);
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
  const std::uint64_t bits = read_bits(base, place);
  if (place.kind == TypeKind::kBool) return bits != 0 ? "true" : "false";
  return place.kind == TypeKind::kSigned ? std::to_string(static_cast<std::int64_t>(bits)) : std::to_string(bits);
}

} // namespace graft
