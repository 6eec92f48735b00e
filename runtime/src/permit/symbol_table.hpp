// The table of symbols: which permission each one of the C, C++ and compiler libraries asks for. It is the text of
// symbols.txt, a sorted line for each, which tools/permission-table makes; there is nothing to set up before it is asked.
#pragma once

#include <optional>
#include <string_view>

namespace graft {

inline constexpr std::string_view kHarmless = "harmless";

/// The whole table: "symbol words", a line each, sorted by bytes.
std::string_view symbol_text();

/// The words behind a symbol: a permission, several with '|' between them, or `kHarmless`. Nothing: not in the table.
std::optional<std::string_view> words_of_symbol(std::string_view symbol);

} // namespace graft
