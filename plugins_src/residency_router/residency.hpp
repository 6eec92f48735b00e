// Which node keeps the data of a region.
#pragma once

#include "json_reader.hpp"

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

} // namespace residency
