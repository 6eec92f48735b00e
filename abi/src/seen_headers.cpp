// See seen_headers.hpp.
#include <graft/base/seen_headers.hpp>

#include <cstdlib>
#include <memory>

namespace graft {
namespace {

std::string real_path(const std::string &path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real != nullptr ? real.get() : path;
}

} // namespace

std::string SeenHeaders::add(const std::vector<HeaderFacts> &headers) {
  std::string other;
  for (const HeaderFacts &header : headers) {
    if (header.system || header.content == ContentKey{}) continue; // a package is not saved while one looks on
    const auto [known, is_new] = seen_.try_emplace(real_path(header.path), header.content);
    if (!is_new && known->second != header.content) other = header.path;
  }
  return other;
}

} // namespace graft
