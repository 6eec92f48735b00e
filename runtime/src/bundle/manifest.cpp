// TOML to Manifest. toml++ reads the text; every key is then taken by name, and what is left over is an error.
#include "manifest.hpp"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include "flags.hpp"
#include "version.hpp"

#include <graft/base/near.hpp>

#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>

namespace graft {
namespace {

const std::vector<std::string> kKeys = {"name", "version", "sources", "flags", "provides", "requires"};

/// "a string", "an integer": for "is a list, wanted a string".
const char *word_for(toml::node_type type) {
  switch (type) {
  case toml::node_type::table:
    return "a table";
  case toml::node_type::array:
    return "a list";
  case toml::node_type::string:
    return "a string";
  case toml::node_type::integer:
    return "an integer";
  case toml::node_type::floating_point:
    return "a number with a fraction";
  case toml::node_type::boolean:
    return "true or false";
  default:
    return "a date or time";
  }
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

/// One text and its place.
struct Word {
  std::string text;
  SourcePos where;
};

/// Takes keys out of one manifest's table. Owns nothing; lives as long as the parse.
class Reader {
 public:
  Reader(const toml::table &table, const std::string &file) : table_(table), file_(file) {}

  SourcePos place(const toml::source_position &position) const { return {file_, position.line, position.column}; }

  Result<void> refuse_unknown_keys() const {
    for (const auto &[key, value] : table_) {
      const std::string name(key.str());
      if (std::ranges::find(kKeys, name) != kKeys.end()) continue;
      const std::string near = nearest(name, kKeys);
      return error(Code::kInvalid,
                   "unknown key '" + name + "'; " +
                       (near.empty() ? "known are name, version, sources, flags, provides and requires"
                                     : "did you mean '" + near + "'?"),
                   place(key.source().begin));
    }
    return {};
  }

  /// The text of a key; its `where.line` is 0 when the key is not there.
  Result<Word> word(std::string_view key) const {
    const toml::node *node = table_.get(key);
    if (node == nullptr) return Word{};
    return word(*node, "'" + std::string(key) + "'");
  }

  /// The texts of a list; empty when the key is not there.
  Result<std::vector<Word>> words(std::string_view key) const {
    std::vector<Word> words;
    const toml::node *node = table_.get(key);
    if (node == nullptr) return words;
    const toml::array *list = node->as_array();
    const std::string quoted = "'" + std::string(key) + "'";
    if (list == nullptr)
      return error(Code::kInvalid,
                   quoted + " is " + word_for(node->type()) + "; wanted a list of strings, such as [\"...\"]",
                   place(node->source().begin));
    for (const toml::node &element : *list) {
      GRAFT_TRY_ASSIGN(Word one, word(element, "an element of " + quoted));
      words.push_back(std::move(one));
    }
    return words;
  }

 private:
  Result<Word> word(const toml::node &node, const std::string &what) const {
    const SourcePos where = place(node.source().begin);
    const auto *text = node.as_string();
    if (text == nullptr) return error(Code::kInvalid, what + " is " + word_for(node.type()) + "; wanted a string", where);
    if (text->get().empty()) return error(Code::kInvalid, what + " is empty", where);
    return Word{text->get(), where};
  }

  const toml::table &table_;
  const std::string &file_;
};

Result<void> read_name(const Reader &reader, Manifest &manifest) {
  GRAFT_TRY_ASSIGN(const Word name, reader.word("name"));
  if (name.where.line != 0 && !is_bundle_name(name.text))
    return error(Code::kInvalid,
                 "'" + one_line(name.text) +
                     "' cannot name a bundle: 1 to 128 of A-Z a-z 0-9 _ . - are allowed, not starting with a dot",
                 name.where);
  manifest.name = name.text;
  return {};
}

Result<void> read_version(const Reader &reader, Manifest &manifest) {
  GRAFT_TRY_ASSIGN(const Word word, reader.word("version"));
  if (word.where.line == 0) return {};
  std::optional<Version> version = parse_version(word.text);
  if (!version)
    return error(Code::kInvalid, "'" + one_line(word.text) + "' is no version; wanted MAJOR.MINOR.PATCH, such as 1.0.0",
                 word.where);
  manifest.version = *std::move(version);
  return {};
}

Result<void> read_sources(const Reader &reader, Manifest &manifest) {
  GRAFT_TRY_ASSIGN(const std::vector<Word> words, reader.words("sources"));
  for (const Word &word : words) {
    const std::filesystem::path path(word.text);
    if (path.is_absolute() || std::ranges::find(path, "..") != path.end())
      return error(Code::kInvalid, "source '" + one_line(word.text) + "' leads out of the bundle's folder", word.where);
    manifest.sources.push_back(word.text);
  }
  return {};
}

Result<void> read_flags(const Reader &reader, Manifest &manifest) {
  GRAFT_TRY_ASSIGN(const std::vector<Word> words, reader.words("flags"));
  for (const Word &word : words) manifest.flags.push_back(word.text);
  for (std::size_t index = 0; index < words.size();) {
    const SourcePos &where = words[index].where;
    if (auto checked = check_flag(manifest.flags, index); !checked)
      return error(checked.error().code, checked.error().message, where);
  }
  return {};
}

Result<std::vector<ContractRef>> read_contracts(const Reader &reader, std::string_view key) {
  GRAFT_TRY_ASSIGN(const std::vector<Word> words, reader.words(key));
  std::vector<ContractRef> refs;
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
                   "'" + std::string(key) + "' names " + to_string(*same) + " and " + to_string(*ref) +
                       "; once is enough, and the first is in line " + std::to_string(same->where.line),
                   word.where);
    ref->where = word.where;
    refs.push_back(*std::move(ref));
  }
  return refs;
}

} // namespace

std::string to_string(const ContractRef &ref) {
  return ref.name + "@" + std::to_string(ref.major) + "." + std::to_string(ref.minor);
}

bool is_bundle_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && name[0] != '.' && std::ranges::all_of(name, [](char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '_' || character == '.' || character == '-';
  });
}

Result<Manifest> parse_manifest(std::string_view text, const std::string &file) {
  // toml++ takes a stack frame and more for each dot of a key: what is too long could nest too deep.
  constexpr std::size_t kMostBytes = 64 * 1024;
  if (text.size() > kMostBytes)
    return error(Code::kInvalid, "the manifest has " + std::to_string(text.size()) + " bytes, at most 65536 are read", {file, 0, 0});
  const toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) {
    const toml::parse_error &failure = parsed.error();
    return error(Code::kInvalid, "malformed manifest: " + one_line(failure.description()),
                 {file, failure.source().begin.line, failure.source().begin.column});
  }
  const Reader reader(parsed.table(), file);
  Manifest manifest;
  manifest.file = file;
  GRAFT_TRY(reader.refuse_unknown_keys());
  GRAFT_TRY(read_name(reader, manifest));
  GRAFT_TRY(read_version(reader, manifest));
  GRAFT_TRY(read_sources(reader, manifest));
  GRAFT_TRY(read_flags(reader, manifest));
  GRAFT_TRY_ASSIGN(manifest.provides, read_contracts(reader, "provides"));
  GRAFT_TRY_ASSIGN(manifest.requires_, read_contracts(reader, "requires"));
  manifest.lists_provides = parsed.table().contains("provides");
  return manifest;
}

} // namespace graft
