// Reads the CIEs of an `.eh_frame` section (LSB 5.0, 10.6.1) as far as their pointer encodings.
#include "frame_check.hpp"

#include <cstdint>
#include <cstring>
#include <set>
#include <string_view>

namespace graft::jit {
namespace {

/// A cursor that stops at the end of its record.
class RecordReader {
 public:
  RecordReader(const char *begin, const char *end) : at_(begin), end_(end) {}

  bool failed() const { return failed_; }
  std::uint8_t byte() {
    if (at_ == end_) failed_ = true;
    return failed_ ? 0 : static_cast<std::uint8_t>(*at_++);
  }
  void skip(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) failed_ = true;
    if (!failed_) at_ += bytes;
  }
  void skip_leb128() {
    // Ten bytes hold 64 bits.
    for (int i = 0; i < 10; ++i) {
      if ((byte() & 0x80) == 0) return;
    }
    failed_ = true;
  }
  std::string_view text() {
    const void *zero = std::memchr(at_, 0, static_cast<std::size_t>(end_ - at_));
    if (zero == nullptr) failed_ = true;
    if (failed_) return {};
    const std::string_view text(at_);
    at_ += text.size() + 1;
    return text;
  }

 private:
  const char *at_;
  const char *end_;
  bool failed_ = false;
};

constexpr std::uint8_t kIndirect = 0x80;

/// Bytes of a pointer so encoded; 0 for an encoding that compilers for x86-64 do not use.
std::size_t pointer_bytes(std::uint8_t encoding) {
  switch (encoding & ~kIndirect) {
  case 0x00:
  case 0x04:
  case 0x0c:
  case 0x10:
  case 0x14:
  case 0x1c:
    return 8;
  case 0x03:
  case 0x0b:
  case 0x13:
  case 0x1b:
    return 4;
  default:
    return 0;
  }
}

bool is_readable_cie(RecordReader reader) {
  if (reader.byte() != 1) return false;
  const std::string_view augmentation = reader.text();
  reader.skip_leb128(); // code alignment
  reader.skip_leb128(); // data alignment
  reader.skip(1);       // return address register
  if (augmentation.empty()) return !reader.failed();
  if (augmentation.front() != 'z' || augmentation.size() > 5) return false;
  reader.skip_leb128(); // length of the augmentation data
  std::set<char> seen;
  for (char letter : augmentation.substr(1)) {
    if (!seen.insert(letter).second || std::string_view("LPRSB").find(letter) == std::string_view::npos) return false;
    if (letter == 'S' || letter == 'B') continue;
    const std::size_t bytes = pointer_bytes(reader.byte());
    if (bytes == 0) return false;
    if (letter == 'P') reader.skip(bytes);
  }
  return !reader.failed();
}

} // namespace

std::string check_frames(const char *section, std::size_t bytes) {
  constexpr std::size_t kPrefix = 8; // length and CIE id
  std::size_t offset = 0;
  while (offset + 4 <= bytes) {
    std::uint32_t length;
    std::memcpy(&length, section + offset, sizeof(length));
    if (length == 0) {
      offset += 4;
      continue;
    }
    if (length == 0xffffffff) return "an unwind record is longer than 4 GB";
    if (length < 4 || length > bytes - offset - 4) return "an unwind record reaches beyond its section";
    std::uint32_t id;
    std::memcpy(&id, section + offset + 4, sizeof(id));
    const char *record = section + offset;
    if (id == 0 && !is_readable_cie({record + kPrefix, record + 4 + length}))
      return "an unwind record has a strange encoding";
    offset += 4 + length;
  }
  return offset == bytes ? std::string() : "its unwind records end in the middle of one";
}

} // namespace graft::jit
