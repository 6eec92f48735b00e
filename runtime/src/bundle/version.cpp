// Semver 2.0, section by section.
#include "text_parts.hpp"

#include <graft/version.hpp>

namespace graft {
namespace {

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

/// Numbers by value, whatever their length, before words, which are compared as text.
std::weak_ordering compare_identifiers(std::string_view left, std::string_view right) {
  if (is_number(left) != is_number(right)) return is_number(left) ? std::weak_ordering::less : std::weak_ordering::greater;
  if (is_number(left) && left.size() != right.size()) return left.size() <=> right.size();
  return left.compare(right) <=> 0;
}

std::weak_ordering compare_prereleases(std::string_view left, std::string_view right) {
  if (left.empty() || right.empty()) return left.empty() <=> right.empty();
  while (!left.empty() && !right.empty()) {
    const auto order = compare_identifiers(take_until(left, '.'), take_until(right, '.'));
    if (order != 0) return order;
  }
  return !left.empty() <=> !right.empty();
}

bool parse(std::string_view text, Version &version) {
  version.text = text;
  if (const std::size_t plus = text.find('+'); plus != text.npos) {
    if (!are_identifiers(text.substr(plus + 1), LeadingZeros::kAllow)) return false;
    text = text.substr(0, plus);
  }
  if (const std::size_t hyphen = text.find('-'); hyphen != text.npos) {
    version.prerelease = text.substr(hyphen + 1);
    if (!are_identifiers(version.prerelease, LeadingZeros::kRefuse)) return false;
    text = text.substr(0, hyphen);
  }
  if (std::ranges::count(text, '.') != 2) return false;
  return parse_number(take_until(text, '.'), version.major) && parse_number(take_until(text, '.'), version.minor) &&
         parse_number(text, version.patch);
}

} // namespace

Result<Version> parse_version(std::string_view text) {
  Version version;
  if (parse(text, version)) return version;
  return error(Code::kInvalid, "'" + one_line(text) + "' is no version; wanted MAJOR.MINOR.PATCH, such as 1.0.0");
}

std::weak_ordering precedence(const Version &left, const Version &right) {
  if (left.major != right.major) return left.major <=> right.major;
  if (left.minor != right.minor) return left.minor <=> right.minor;
  if (left.patch != right.patch) return left.patch <=> right.patch;
  return compare_prereleases(left.prerelease, right.prerelease);
}

} // namespace graft
