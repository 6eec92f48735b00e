// See content_key.hpp.
#include "content_key.hpp"

#include <graft/driver/compiler.hpp>

#include <algorithm>
#include <cstdint>

namespace graft::driver {

void KeyBuilder::add(std::string_view part) {
  const std::uint64_t size = part.size();
  hasher_.update(llvm::ArrayRef(reinterpret_cast<const std::uint8_t *>(&size), sizeof size));
  hasher_.update(llvm::StringRef(part));
}

void KeyBuilder::add(const ContentKey &key) { hasher_.update(llvm::ArrayRef(key.bytes)); }

ContentKey KeyBuilder::finish() {
  ContentKey key;
  const auto result = hasher_.final<32>();
  std::ranges::copy(result, key.bytes.begin());
  return key;
}

ContentKey key_of_list(std::vector<std::string> names) {
  std::ranges::sort(names);
  KeyBuilder key;
  key.add("list");
  for (const std::string &name : names) key.add(name);
  return key.finish();
}

ContentKey content_key(std::string_view text) {
  KeyBuilder key;
  key.add(text);
  return key.finish();
}

} // namespace graft::driver
