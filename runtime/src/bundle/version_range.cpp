// Each term of a range becomes one or two bounds; a version is in the range when it satisfies all of them.
#include "text_parts.hpp"

#include <graft/version.hpp>

#include <limits>

namespace graft {
namespace {

constexpr std::uint32_t kLargest = std::numeric_limits<std::uint32_t>::max() - 1; // one more still fits

/// A version of which minor and patch may be left out.
struct Partial {
  Version version;
  int parts = 0;

  /// The first version behind all that share the first `count` parts.
  Version after(int count) const {
    Version next;
    next.major = count == 1 ? version.major + 1 : version.major;
    next.minor = count == 1 ? 0 : count == 2 ? version.minor + 1 : version.minor;
    next.patch = count == 3 ? version.patch + 1 : 0;
    return next;
  }
  /// Behind those that `^` takes: up to the next change of the leftmost number that is not zero.
  Version after_caret() const {
    if (version.major != 0 || parts == 1) return after(1);
    return version.minor != 0 || parts == 2 ? after(2) : after(3);
  }
};

std::string_view take_operator(std::string_view &term) {
  for (std::string_view known : {">=", "<=", ">", "<", "=", "^", "~"})
    if (term.starts_with(known)) {
      term = trimmed(term.substr(known.size()));
      return known;
    }
  return "^";
}

Result<Partial> parse_partial(std::string_view text) {
  const auto no_version = [&](const std::string &why) { return error(Code::kInvalid, "'" + one_line(text) + "' " + why); };
  Partial partial;
  if (text.find('+') != text.npos) return no_version("has build metadata, which has no order; leave it out");
  std::string_view numbers = text.substr(0, text.find('-'));
  const auto dots = std::ranges::count(numbers, '.');
  if (dots > 2) return no_version("has " + std::to_string(dots + 1) + " parts; a version has at most three");
  partial.parts = static_cast<int>(dots) + 1;
  if (numbers.size() != text.size()) {
    GRAFT_TRY_ASSIGN(partial.version, parse_version(text));
    return partial;
  }
  std::uint32_t *const parts[] = {&partial.version.major, &partial.version.minor, &partial.version.patch};
  for (int part = 0; part < partial.parts; ++part)
    if (!parse_number(part + 1 < partial.parts ? take_until(numbers, '.') : numbers, *parts[part]) ||
        *parts[part] > kLargest)
      return no_version("is no version; wanted MAJOR, MAJOR.MINOR or MAJOR.MINOR.PATCH");
  return partial;
}

} // namespace

Result<VersionRange> VersionRange::parse(std::string_view text) {
  VersionRange range;
  const auto wrong = [&](const std::string &why) {
    return error(Code::kInvalid, "'" + one_line(text) + "' is no range of versions: " + why +
                                     "; wanted such as '>=1.2, <2', '^1.2', '~1.2', '=1.2.3' or '*'");
  };
  if (std::ranges::count(text, ',') > 16) return wrong("it has more than 17 terms");
  for (std::string_view rest = text;;) {
    const bool is_last = rest.find(',') == rest.npos;
    const std::string_view term = trimmed(take_until(rest, ','));
    if (term.empty()) return wrong("a term is empty");
    if (auto added = range.add(term); !added) return wrong(added.error().message);
    if (is_last) break;
  }
  if (range.is_empty()) return wrong("no version satisfies all of it");
  range.text_ = trimmed(text);
  return range;
}

VersionRange VersionRange::at_least(std::uint32_t major, std::uint32_t minor) {
  VersionRange range;
  range.add(Bound::Side::kFrom, Version{major, minor, 0});
  if (major <= kLargest) range.add(Bound::Side::kBelow, Version{major + 1, 0, 0});
  range.text_ =
      ">=" + std::to_string(major) + "." + std::to_string(minor) + ", <" + std::to_string(std::uint64_t{major} + 1);
  return range;
}

Result<void> VersionRange::add(std::string_view term) {
  if (term == "*") return {};
  const std::string_view sign = take_operator(term);
  GRAFT_TRY_ASSIGN(const Partial partial, parse_partial(term));
  if (sign == ">=" || sign == "^" || sign == "~" || sign == "=") add(Bound::Side::kFrom, partial.version);
  if (sign == "<") add(Bound::Side::kBelow, partial.version);
  if (sign == "^") add(Bound::Side::kBelow, partial.after_caret());
  if (sign == "~") add(Bound::Side::kBelow, partial.after(std::min(partial.parts, 2)));
  const bool is_exact = partial.parts == 3;
  if (sign == ">" && !is_exact) add(Bound::Side::kFrom, partial.after(partial.parts));
  if (sign == ">" && is_exact) {
    // The first version behind a pre-release is one with a further, smallest identifier; behind a release, the next patch's
    // first.
    Version next = partial.version;
    if (next.prerelease.empty())
      ++next.patch;
    else
      next.prerelease += ".0";
    add(Bound::Side::kFrom, next);
  }
  if (sign == "<=" || sign == "=") {
    if (is_exact)
      add(Bound::Side::kUpTo, partial.version);
    else
      add(Bound::Side::kBelow, partial.after(partial.parts));
  }
  return {};
}

bool VersionRange::contains(const Version &version) const {
  bool names_prerelease = version.prerelease.empty();
  for (const Bound &bound : bounds_) {
    const auto order = precedence(version, bound.version);
    const bool holds = bound.side == Bound::Side::kFrom   ? order >= 0
                       : bound.side == Bound::Side::kUpTo ? order <= 0
                                                          : order < 0;
    if (!holds) return false;
    names_prerelease |= !bound.version.prerelease.empty() && bound.version.major == version.major &&
                        bound.version.minor == version.minor && bound.version.patch == version.patch;
  }
  return names_prerelease;
}

bool VersionRange::contains(std::uint32_t major, std::uint32_t minor) const { return contains(Version{major, minor, 0}); }

/// Whether some lower end lies above some upper one.
bool VersionRange::is_empty() const {
  for (const Bound &from : bounds_)
    for (const Bound &to : bounds_) {
      if (from.side != Bound::Side::kFrom || to.side == Bound::Side::kFrom) continue;
      const auto order = precedence(from.version, to.version);
      if (order > 0 || (order == 0 && to.side == Bound::Side::kBelow)) return true;
    }
  return false;
}

} // namespace graft
