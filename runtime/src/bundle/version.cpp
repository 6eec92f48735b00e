// Semver 2.0, section by section, and `name@major.minor`.
#include "version.hpp"

#include <algorithm>
#include <charconv>

namespace graft {
namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }
bool is_word(char character) {
  return is_digit(character) || (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         character == '-';
}
bool is_number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

/// A number without a leading zero that fits.
template <class Number>
bool parse_number(std::string_view text, Number &number) {
  if (!is_number(text) || (text.size() > 1 && text[0] == '0')) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

/// The text up to `separator`, which is taken off `rest` together with it.
std::string_view take_until(std::string_view &rest, char separator) {
  const std::size_t at = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return taken;
}

enum class LeadingZeros : bool { kRefuse, kAllow };

/// Dot-separated identifiers of letters, digits and hyphens, none of them empty.
bool are_identifiers(std::string_view text, LeadingZeros zeros) {
  if (text.empty() || text.back() == '.') return false;
  while (!text.empty()) {
    const std::string_view word = take_until(text, '.');
    if (word.empty() || !std::ranges::all_of(word, is_word)) return false;
    if (zeros == LeadingZeros::kRefuse && is_number(word) && word.size() > 1 && word[0] == '0') return false;
  }
  return true;
}

bool is_contract_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char character) {
    return is_word(character) || character == '.' || character == '_' || character == '/';
  });
}

} // namespace

std::optional<Version> parse_version(std::string_view text) {
  Version version;
  version.text = text;
  std::string_view core = text;
  if (const std::size_t plus = core.find('+'); plus != core.npos) {
    if (!are_identifiers(core.substr(plus + 1), LeadingZeros::kAllow)) return {};
    core = core.substr(0, plus);
  }
  if (const std::size_t hyphen = core.find('-'); hyphen != core.npos) {
    if (!are_identifiers(core.substr(hyphen + 1), LeadingZeros::kRefuse)) return {};
    core = core.substr(0, hyphen);
  }
  if (std::ranges::count(core, '.') != 2) return {};
  if (!parse_number(take_until(core, '.'), version.major)) return {};
  if (!parse_number(take_until(core, '.'), version.minor)) return {};
  if (!parse_number(core, version.patch)) return {};
  return version;
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

} // namespace graft
