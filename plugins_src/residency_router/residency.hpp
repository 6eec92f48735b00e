// Which node keeps the data of a region, and whether there must be one.
#pragma once

#include "json_reader.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace residency {

/// The node of `region` in `[["eu-west","pg-eu.svc"], ...]`; empty where it has none. False: `map` is no such text.
inline bool node_of(std::string_view map, std::string_view region, std::string &node) {
  node.clear();
  json::Reader reader(map);
  const auto pair = [&] {
    std::string words[2];
    std::size_t count = 0;
    const bool is_read = reader.array([&] { return count < 2 && reader.text(words[count++]); });
    if (is_read && count == 2 && words[0] == region && node.empty()) node = words[1];
    return is_read && count == 2;
  };
  return reader.array(pair) && reader.ends();
}

/// A yes or no as people write one, in any case of letters; empty is a no. Nothing: it is neither.
inline std::optional<bool> flag_of(std::string_view text) {
  std::string word;
  for (const char c : text)
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') word += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  for (const std::string_view yes : {"true", "1", "yes", "on"})
    if (word == yes) return true;
  for (const std::string_view no : {"", "false", "0", "no", "off"})
    if (word == no) return false;
  return std::nullopt;
}

} // namespace residency
