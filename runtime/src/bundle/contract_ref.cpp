// `name@major.minor`, and `name RANGE`.
#include "contract_ref.hpp"

#include "text_parts.hpp"

namespace graft {

std::string to_string(const ContractRef &ref) {
  return ref.name + "@" + std::to_string(ref.major) + "." + std::to_string(ref.minor);
}

std::string to_string(const Want &want) {
  if (!want.spelled.empty()) return want.spelled;
  std::string text = want.contract;
  if (!want.contract.empty()) text += " " + want.versions.text();
  if (want.bundle.empty()) return text;
  return text + (text.empty() ? "" : " of ") + "bundle '" + want.bundle + "' " + want.bundle_versions.text();
}

bool is_contract_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char character) {
    return is_word(character) || character == '.' || character == '_' || character == '/';
  });
}

std::optional<ContractRef> parse_contract_ref(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == text.npos || !is_contract_name(text.substr(0, at))) return {};
  ContractRef ref;
  ref.name = text.substr(0, at);
  std::string_view minor = text.substr(at + 1);
  ref.has_minor = minor.find('.') != minor.npos;
  if (!parse_number(take_until(minor, '.'), ref.major)) return {};
  if (ref.has_minor && !parse_number(minor, ref.minor)) return {};
  return ref;
}

Result<Want> parse_want(std::string_view text) {
  Want want;
  if (const std::optional<ContractRef> ref = parse_contract_ref(text)) {
    want.contract = ref->name;
    want.versions = VersionRange::at_least(ref->major, ref->minor);
    want.spelled = text;
    return want;
  }
  const std::size_t end = text.find_first_of(" <>=^~*");
  want.contract = text.substr(0, end);
  if (end == text.npos || !is_contract_name(want.contract))
    return error(Code::kInvalid, "'" + one_line(text) +
                                     "' names no contract; wanted name@major, name@major.minor or name and a " +
                                     "range, such as 'demo.greeter >=1.2, <2'");
  GRAFT_TRY_ASSIGN(want.versions, VersionRange::parse(text.substr(end)));
  return want;
}

} // namespace graft
