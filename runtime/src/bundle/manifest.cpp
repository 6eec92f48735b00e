// TOML to Manifest: each key is taken by name, and what is left over is an error.
#include "manifest.hpp"

#include "flags.hpp"
#include "manifest_parts.hpp"
#include "table_reader.hpp"
#include "text_parts.hpp"

#include <filesystem>

namespace graft {
namespace {

constexpr std::string_view kKeys[] = {"name",   "version",  "standard",    "sources",       "includes",    "defines",
                                      "flags",  "provides", "requires",    "host_requires", "contracts",   "priority",
                                      "author", "licence",  "description", "hooks",         "permissions", "limits",
                                      "state",  "cascade",  "exclusive",   "loader",        "worker",      "tier_up",
                                      "config"};

Result<void> read_name(const TableReader &reader, Manifest &manifest) {
  GRAFT_TRY_ASSIGN(const Word name, reader.word("name"));
  if (name.where.line != 0 && !is_bundle_name(name.text))
    return error(Code::kInvalid,
                 "'" + one_line(name.text) +
                     "' cannot name a bundle: 1 to 128 of A-Z a-z 0-9 _ . - are allowed, not starting with a dot",
                 name.where);
  manifest.name = name.text;
  return {};
}

Result<void> read_version(const TableReader &reader, Manifest &manifest) {
  GRAFT_TRY_ASSIGN(const Word word, reader.word("version"));
  if (word.where.line == 0) return {};
  auto version = parse_version(word.text);
  if (!version) return error(version.error().code, version.error().message, word.where);
  manifest.version = *std::move(version);
  return {};
}

/// One standard, or a list with one for C and one for C++.
Result<void> read_standard(const TableReader &reader, Manifest &manifest) {
  std::vector<Word> words;
  if (const toml::node *node = reader.get("standard"); node != nullptr && node->is_string()) {
    GRAFT_TRY_ASSIGN(Word word, reader.word("standard"));
    words.push_back(std::move(word));
  } else {
    GRAFT_TRY_ASSIGN(words, reader.words("standard"));
  }
  int of_language[2] = {};
  for (Word &word : words) {
    const bool is_cxx = word.text.starts_with("c++") || word.text.starts_with("gnu++");
    const std::string_view year = std::string_view(word.text).substr(
        std::min(word.text.size(), word.text.starts_with("gnu") ? 3uz : 1uz) + (is_cxx ? 2 : 0));
    if ((!word.text.starts_with("c") && !word.text.starts_with("gnu")) || year.size() != 2 ||
        !std::ranges::all_of(year, is_word))
      return error(Code::kInvalid,
                   "'" + one_line(word.text) + "' is no language standard; wanted such as 'c17', 'gnu11' or 'c++20'",
                   word.where);
    if (++of_language[is_cxx] == 2)
      return error(Code::kInvalid, std::string("'standard' names two for ") + (is_cxx ? "C++" : "C"), word.where);
    manifest.standards.push_back(std::move(word.text));
  }
  return {};
}

Result<void> read_sources(const TableReader &reader, Manifest &manifest) {
  GRAFT_TRY_ASSIGN(const std::vector<Word> words, reader.words("sources"));
  for (const Word &word : words) {
    const std::filesystem::path path(word.text);
    if (path.is_absolute() || std::ranges::find(path, "..") != path.end())
      return error(Code::kInvalid, "source '" + one_line(word.text) + "' leads out of the bundle's folder", word.where);
    manifest.sources.push_back(word.text);
  }
  return {};
}

bool is_macro_name(std::string_view name) {
  return !name.empty() && !is_digit(name[0]) && std::ranges::all_of(name, [](char character) {
    return character == '_' || (is_word(character) && character != '-');
  });
}

Result<void> read_defines(const TableReader &reader, Manifest &manifest) {
  GRAFT_TRY_ASSIGN(const std::vector<Word> words, reader.words("defines"));
  for (const Word &word : words) {
    const std::string_view text = word.text;
    if (!is_macro_name(text.substr(0, text.find('='))) || text.find('\n') != text.npos)
      return error(Code::kInvalid, "'" + one_line(text) + "' defines nothing; wanted NAME or NAME=VALUE", word.where);
    manifest.defines.push_back(word.text);
  }
  return {};
}

Result<void> read_flags(const TableReader &reader, Manifest &manifest) {
  GRAFT_TRY_ASSIGN(const std::vector<Word> words, reader.words("flags"));
  for (const Word &word : words) manifest.flags.push_back(word.text);
  for (std::size_t index = 0; index < words.size();) {
    const SourcePos &where = words[index].where;
    if (auto checked = check_flag(manifest.flags, index); !checked)
      return error(checked.error().code, checked.error().message, where);
  }
  return {};
}

Result<void> read_provides(const TableReader &reader, Manifest &manifest) {
  manifest.lists_provides = reader.has("provides");
  GRAFT_TRY_ASSIGN(const std::vector<Word> words, reader.words("provides"));
  std::vector<ContractRef> &refs = manifest.provides;
  for (const Word &word : words) {
    std::optional<ContractRef> ref = parse_contract_ref(word.text);
    if (!ref)
      return error(Code::kInvalid,
                   "'" + one_line(word.text) + "' names no contract; wanted name@major or name@major.minor, such as " +
                       "demo.greeter@1.0",
                   word.where);
    const auto same = std::ranges::find_if(
        refs, [&](const ContractRef &other) { return other.name == ref->name && other.major == ref->major; });
    if (same != refs.end())
      return error(Code::kInvalid,
                   "'provides' names " + to_string(*same) + " and " + to_string(*ref) +
                       "; once is enough, and the first is in line " + std::to_string(same->where.line),
                   word.where);
    ref->where = word.where;
    refs.push_back(*std::move(ref));
  }
  return {};
}

Result<void> read_about(const TableReader &reader, Manifest &manifest) {
  constexpr std::int64_t kLargest = 1'000'000;
  GRAFT_TRY_ASSIGN(const auto priority, reader.integer("priority", -kLargest, kLargest));
  manifest.priority = static_cast<std::int32_t>(priority.value_or(0));
  for (const auto &[key, value] : {std::pair("author", &manifest.author), std::pair("licence", &manifest.licence),
                                   std::pair("description", &manifest.description)}) {
    GRAFT_TRY_ASSIGN(Word word, reader.word(key));
    *value = std::move(word.text);
  }
  return {};
}

} // namespace

bool is_bundle_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && name[0] != '.' && std::ranges::all_of(name, [](char character) {
    return is_word(character) || character == '_' || character == '.';
  });
}

Result<Manifest> parse_manifest(std::string_view text, const std::string &file) {
  // toml++ takes a stack frame and more for each dot of a key: what is too long could nest too deep.
  constexpr std::size_t kMostBytes = 64 * 1024;
  if (text.size() > kMostBytes)
    return error(Code::kInvalid, "the manifest has " + std::to_string(text.size()) + " bytes, at most 65536 are read",
                 {file, 0, 0});
  const toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) {
    const toml::parse_error &failure = parsed.error();
    return error(Code::kInvalid, "malformed manifest: " + one_line(failure.description()),
                 {file, failure.source().begin.line, failure.source().begin.column});
  }
  const TableReader reader(parsed.table(), file);
  Manifest manifest;
  manifest.file = file;
  GRAFT_TRY(reader.refuse_unknown_keys(kKeys));
  GRAFT_TRY(read_name(reader, manifest));
  GRAFT_TRY(read_version(reader, manifest));
  GRAFT_TRY(read_standard(reader, manifest));
  GRAFT_TRY_ASSIGN(manifest.loader, reader.word("loader"));
  GRAFT_TRY(read_sources(reader, manifest));
  GRAFT_TRY_ASSIGN(manifest.includes, reader.words("includes"));
  GRAFT_TRY(read_defines(reader, manifest));
  GRAFT_TRY(read_flags(reader, manifest));
  GRAFT_TRY(read_provides(reader, manifest));
  GRAFT_TRY_ASSIGN(manifest.requires_, read_wants(reader, "requires"));
  GRAFT_TRY_ASSIGN(manifest.host_requires, read_wants(reader, "host_requires"));
  GRAFT_TRY_ASSIGN(manifest.contracts, reader.words("contracts"));
  GRAFT_TRY(read_about(reader, manifest));
  GRAFT_TRY_ASSIGN(manifest.settings, read_settings(reader));
  GRAFT_TRY(read_policies(reader, manifest));
  return manifest;
}

} // namespace graft
