// How a content key is shown to people.
#include <graft/base/artifact.hpp>

namespace graft {

std::string short_text(const ContentKey &key) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t index = 0; index < 8; ++index) {
    text += kDigits[key.bytes[index] >> 4];
    text += kDigits[key.bytes[index] & 15];
  }
  return text;
}

} // namespace graft
