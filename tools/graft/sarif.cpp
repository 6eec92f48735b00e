// See sarif.hpp. SARIF counts columns in characters where clang counts bytes; the line's text tells the difference.
#include "sarif.hpp"

#include "output.hpp"

#include <graft/inspect.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace graft::tool {
namespace {

constexpr const char *kNoOption = "graft"; // the rule of what no option controls
constexpr const char *kHere = "%SRCROOT%"; // what code hosts take for the folder that was checked out

const char *level_of(Severity severity) {
  if (severity >= Severity::kError) return "error";
  return severity == Severity::kWarning ? "warning" : "note";
}

/// A ':' is escaped, too: in front of a relative path it would be a scheme's.
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

/// Relative to the working directory where it is below it.
Json artifact_of(const std::string &file) {
  const std::string shown = shorten(std::filesystem::path(file).lexically_normal().string());
  Json artifact = {{"uri", uri_of(shown)}};
  if (!shown.starts_with('/')) artifact["uriBaseId"] = kHere;
  return artifact;
}

/// A line of a file as it is now; empty when it cannot be read.
std::string line_of(const std::string &file, std::uint32_t number) {
  std::ifstream stream(file, std::ios::binary);
  std::string line;
  for (std::uint32_t i = 0; i < number; ++i)
    if (!std::getline(stream, line)) return {};
  return line;
}

/// Bytes to characters: those of a UTF-8 sequence count once.
std::uint32_t column_of(std::uint32_t column, std::string_view line) {
  const std::string_view before = line.substr(0, std::min<std::size_t>(column == 0 ? 0 : column - 1, line.size()));
  const auto inside = std::ranges::count_if(before, [](char byte) { return (byte & 0xc0) == 0x80; });
  return column - static_cast<std::uint32_t>(inside);
}

Json location_of(const Diagnostic &diagnostic) {
  Json place = {{"artifactLocation", artifact_of(diagnostic.where.file)}};
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

/// All that one diagnostic would have changed is one fix: half of it would be none.
Json fix_of(const Diagnostic &diagnostic) {
  const auto column_at = [&](const SourcePos &at) {
    const bool is_shown = at.file == diagnostic.where.file && at.line == diagnostic.where.line;
    return column_of(at.column, is_shown ? diagnostic.snippet : line_of(at.file, at.line));
  };
  std::map<std::string, Json> replacements; // by file
  for (const FixIt &fixit : diagnostic.fixits) {
    const Json region = {{"startLine", fixit.begin.line},
                         {"startColumn", column_at(fixit.begin)},
                         {"endLine", fixit.end.line},
                         {"endColumn", column_at(fixit.end)}};
    replacements[fixit.begin.file].push_back({{"deletedRegion", region}, {"insertedContent", {{"text", fixit.replacement}}}});
  }
  Json changes = Json::array();
  for (const auto &[file, all] : replacements) changes.push_back({{"artifactLocation", artifact_of(file)}, {"replacements", all}});
  return {{"artifactChanges", std::move(changes)}};
}

Json rule_of(const std::string &option) {
  if (!option.starts_with("-W")) return {{"id", option}, {"shortDescription", {{"text", "what no option controls"}}}};
  return {{"id", option},
          {"shortDescription", {{"text", "what " + option + " reports"}}},
          {"helpUri", "https://clang.llvm.org/docs/DiagnosticsReference.html#" + uri_of(option.substr(1))}};
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
  if (!diagnostic.fixits.empty()) result["fixes"].push_back(fix_of(diagnostic));
  return result;
}

} // namespace

Json sarif_of(const std::vector<Diagnostic> &diagnostics) {
  std::set<std::string> options, known;
  Json results = Json::array(), rules = Json::array();
  for (const Diagnostic &diagnostic : diagnostics) {
    Json result = result_of(diagnostic);
    // A header's error is that of every file that includes it, and only the notes say which.
    const Json same = {result["ruleId"], result["message"], result.value("locations", Json::array())};
    if (result.contains("locations") && !known.insert(same.dump(-1, ' ', false, Json::error_handler_t::replace)).second) continue;
    options.insert(result["ruleId"].get<std::string>());
    results.push_back(std::move(result));
  }
  for (const std::string &option : options) rules.push_back(rule_of(option));
  const std::string full = version_text(); // "graft 0.1.0 (clang 22.1.8)"
  const std::size_t begin = full.find(' ') + 1;
  const Json driver = {{"name", "graft"},
                       {"fullName", full},
                       {"semanticVersion", full.substr(begin, full.find(' ', begin) - begin)},
                       {"rules", rules}};
  Json run = {{"tool", {{"driver", driver}}}, {"columnKind", "unicodeCodePoints"}, {"results", results}};
  std::error_code failure;
  if (const std::string here = std::filesystem::current_path(failure).string(); !failure)
    run["originalUriBaseIds"][kHere] = {{"uri", uri_of(here.ends_with('/') ? here : here + "/")}};
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
}

} // namespace graft::tool
