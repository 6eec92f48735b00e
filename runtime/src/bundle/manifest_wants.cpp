// What a bundle requires, in short and in long form.
#include "manifest_parts.hpp"
#include "text_parts.hpp"

namespace graft {
namespace {

/// An error about a text, at the text's place.
Error at(const Error &failure, const SourcePos &where) { return error(failure.code, failure.message, where); }

Result<void> read_range(const TableReader &reader, std::string_view key, VersionRange &range) {
  GRAFT_TRY_ASSIGN(const Word word, reader.word(key));
  if (word.where.line == 0) return {};
  auto parsed = VersionRange::parse(word.text);
  if (!parsed) return at(parsed.error(), word.where);
  range = *std::move(parsed);
  return {};
}

Result<Want> read_long_form(const TableReader &reader, std::string_view key) {
  const bool is_host = key == "host_requires";
  constexpr std::string_view kKeys[] = {"contract", "version", "optional", "bundle", "bundle_version"};
  GRAFT_TRY(reader.refuse_unknown_keys(Choices(kKeys).first(is_host ? 3 : 5))); // a host contract has no bundle
  Want want;
  GRAFT_TRY_ASSIGN(const Word contract, reader.word("contract"));
  GRAFT_TRY_ASSIGN(const Word bundle, reader.word("bundle"));
  want.contract = contract.text;
  want.bundle = bundle.text;
  if (!want.contract.empty() && !is_contract_name(want.contract))
    return error(Code::kInvalid, "'" + one_line(want.contract) + "' names no contract; its version belongs into 'version'",
                 contract.where);
  if (!want.bundle.empty() && !is_bundle_name(want.bundle))
    return error(Code::kInvalid,
                 "'" + one_line(want.bundle) + "' cannot name a bundle; its version belongs into 'bundle_version'",
                 bundle.where);
  GRAFT_TRY(read_range(reader, "version", want.versions));
  GRAFT_TRY(read_range(reader, "bundle_version", want.bundle_versions));
  const auto lacks = [&](const char *range, const char *name) {
    return error(Code::kInvalid, std::string("'") + range + "' is given and '" + name + "' is not",
                 reader.place(*reader.get(range)));
  };
  if (reader.has("version") && want.contract.empty()) return lacks("version", "contract");
  if (reader.has("bundle_version") && want.bundle.empty()) return lacks("bundle_version", "bundle");
  if (want.contract.empty() && want.bundle.empty())
    return error(Code::kInvalid,
                 "an element of '" + std::string(key) + "' names no 'contract'" + (is_host ? "" : " and no 'bundle'"),
                 reader.place());
  GRAFT_TRY_ASSIGN(const bool optional, reader.yes_or_no("optional"));
  want.need = optional ? Need::kMay : Need::kMust;
  want.where = contract.where.line != 0 ? contract.where : bundle.where;
  return want;
}

Result<Want> read_want(const TableReader &reader, std::string_view key, const toml::node &element) {
  const std::string what = "an element of '" + std::string(key) + "'";
  if (const toml::table *table = element.as_table())
    return read_long_form(TableReader(*table, reader.file(), " in " + what), key);
  if (!element.is_string())
    return error(Code::kInvalid, what + " is " + word_for(element.type()) + "; wanted a string or a table",
                 reader.place(element));
  GRAFT_TRY_ASSIGN(const Word word, reader.word(element, what));
  auto want = parse_want(word.text);
  if (!want) return at(want.error(), word.where);
  want->where = word.where;
  return want;
}

} // namespace

Result<std::vector<Want>> read_wants(const TableReader &reader, std::string_view key) {
  GRAFT_TRY_ASSIGN(const toml::array *list, reader.list(key, "[\"demo.clock >=1.2, <2\"]"));
  std::vector<Want> wants;
  if (list == nullptr) return wants;
  for (const toml::node &element : *list) {
    GRAFT_TRY_ASSIGN(Want want, read_want(reader, key, element));
    const auto same = std::ranges::find_if(wants, [&](const Want &other) {
      return other.contract == want.contract && other.versions == want.versions && other.bundle == want.bundle &&
             other.bundle_versions == want.bundle_versions;
    });
    if (same != wants.end())
      return error(Code::kInvalid,
                   "'" + std::string(key) + "' names " + to_string(want) + " twice; the first is in line " +
                       std::to_string(same->where.line),
                   want.where);
    wants.push_back(std::move(want));
  }
  return wants;
}

} // namespace graft
