// See sarif.hpp. SARIF counts columns in characters where clang counts bytes; the snippet tells the difference.
#include "sarif.hpp"

#include <graft/inspect.hpp>

#include <algorithm>
#include <set>

namespace graft::tool {
namespace {

constexpr const char *kNoOption = "graft"; // the rule of what no option controls

const char *level_of(Severity severity) {
  if (severity >= Severity::kError) return "error";
  return severity == Severity::kWarning ? "warning" : "note";
}

std::string uri_of(const std::string &path) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char letter : path) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool is_plain = (byte | 32) >= 'a' && (byte | 32) <= 'z';
    if (is_plain || (byte >= '0' && byte <= '9') || std::string_view("-._~/").contains(letter))
      uri += letter;
    else
      (uri += '%').append({kDigits[byte >> 4], kDigits[byte & 15]});
  }
  return uri;
}

/// Bytes to characters: those of a UTF-8 sequence count once.
std::uint32_t column_of(std::uint32_t column, std::string_view line) {
  const std::string_view before = line.substr(0, std::min<std::size_t>(column == 0 ? 0 : column - 1, line.size()));
  const auto inside = std::ranges::count_if(before, [](char byte) { return (byte & 0xc0) == 0x80; });
  return column - static_cast<std::uint32_t>(inside);
}

Json location_of(const Diagnostic &diagnostic) {
  Json place = {{"artifactLocation", {{"uri", uri_of(diagnostic.where.file)}}}};
  if (diagnostic.where.line != 0) {
    Json region = {{"startLine", diagnostic.where.line}};
    const std::uint32_t begin = diagnostic.caret_begin != 0 ? diagnostic.caret_begin : diagnostic.where.column;
    if (begin != 0) region["startColumn"] = column_of(begin, diagnostic.snippet);
    if (diagnostic.caret_end > begin) region["endColumn"] = column_of(diagnostic.caret_end, diagnostic.snippet);
    if (!diagnostic.snippet.empty()) region["snippet"] = {{"text", diagnostic.snippet}};
    place["region"] = std::move(region);
  }
  return {{"physicalLocation", std::move(place)}};
}

Json fix_of(const FixIt &fixit, std::string_view line) {
  const Json region = {{"startLine", fixit.begin.line},
                       {"startColumn", column_of(fixit.begin.column, line)},
                       {"endLine", fixit.end.line},
                       {"endColumn", column_of(fixit.end.column, line)}};
  const Json replacement = {{"deletedRegion", region}, {"insertedContent", {{"text", fixit.replacement}}}};
  const Json change = {{"artifactLocation", {{"uri", uri_of(fixit.begin.file)}}}, {"replacements", Json::array({replacement})}};
  return {{"artifactChanges", Json::array({change})}};
}

Json result_of(const Diagnostic &diagnostic) {
  Json result = {{"ruleId", diagnostic.option.empty() ? kNoOption : diagnostic.option},
                 {"level", level_of(diagnostic.severity)},
                 {"message", {{"text", diagnostic.message}}}};
  if (!diagnostic.where.file.empty()) result["locations"] = Json::array({location_of(diagnostic)});
  for (const Diagnostic &note : diagnostic.notes) {
    if (note.where.file.empty()) continue;
    Json related = location_of(note);
    related["message"] = {{"text", note.message}};
    result["relatedLocations"].push_back(std::move(related));
  }
  for (const FixIt &fixit : diagnostic.fixits) result["fixes"].push_back(fix_of(fixit, diagnostic.snippet));
  return result;
}

} // namespace

Json sarif_of(const std::vector<Diagnostic> &diagnostics) {
  std::set<std::string> options;
  Json results = Json::array(), rules = Json::array();
  for (const Diagnostic &diagnostic : diagnostics) {
    options.insert(diagnostic.option.empty() ? kNoOption : diagnostic.option);
    results.push_back(result_of(diagnostic));
  }
  for (const std::string &option : options) rules.push_back({{"id", option}});
  const Json driver = {{"name", "graft"}, {"fullName", version_text()}, {"rules", rules}};
  const Json run = {{"tool", {{"driver", driver}}}, {"columnKind", "unicodeCodePoints"}, {"results", results}};
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
}

} // namespace graft::tool
