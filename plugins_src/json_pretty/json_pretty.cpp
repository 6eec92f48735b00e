// JSON through nlohmann-json: what a bundle over heavy headers looks like. The order of an object's keys is kept.
#include "json_pretty.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace {

using Json = nlohmann::ordered_json;

std::string_view view(graft_str text) { return {text.data, text.size}; }

graft_status append(graft_buf *out, const std::string &text) {
  return graft_buf_append(&graft_self, out, text.data(), text.size());
}

graft_status pretty(graft_str json, uint32_t indent, graft_buf *out) {
  return append(out, Json::parse(view(json)).dump(static_cast<int>(std::min(indent, 16u))));
}

graft_status minify(graft_str json, graft_buf *out) { return append(out, Json::parse(view(json)).dump()); }

graft_status pick(graft_str json, graft_str pointer, graft_buf *out) {
  const Json document = Json::parse(view(json));
  const Json::json_pointer path{std::string(view(pointer))};
  if (!document.contains(path)) return GRAFT_NOT_FOUND;
  return append(out, document.at(path).dump());
}

} // namespace

GRAFT_PROVIDE(json_pretty, {.pretty = pretty, .minify = minify, .pick = pick});
