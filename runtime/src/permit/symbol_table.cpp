// Half of the text is dropped at a time, at the line in its middle.
#include "symbol_table.hpp"

#include <graft/permissions.hpp>

namespace graft {

extern const std::string_view kSymbolText; // made by cmake/EmbedText.cmake

std::string_view symbol_text() { return kSymbolText; }

std::optional<std::string_view> words_of_symbol(std::string_view symbol) {
  std::string_view rest = kSymbolText;
  while (!rest.empty()) {
    const std::size_t middle = rest.size() / 2;
    const std::size_t begin = middle == 0 ? 0 : rest.rfind('\n', middle - 1) + 1; // none: npos + 1
    const std::size_t end = rest.find('\n', begin);
    const std::string_view line = rest.substr(begin, end - begin);
    const std::size_t space = line.find(' ');
    const std::string_view name = line.substr(0, space);
    if (name == symbol) return line.substr(space + 1);
    rest = symbol < name ? rest.substr(0, begin) : rest.substr(end + 1);
  }
  return {};
}

std::optional<std::string_view> permission_of(std::string_view symbol) { return words_of_symbol(symbol); }

} // namespace graft
