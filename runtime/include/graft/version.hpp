// Versions and ranges of versions: what a bundle is, and what is asked of another.
//
// One encoding everywhere. A bundle has three numbers (semver.org 2.0, with pre-release and build metadata); a contract has
// two, and stands in a range as MAJOR.MINOR.0.
#pragma once

#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

struct Version {
  std::uint32_t major = 0, minor = 0, patch = 0;
  std::string prerelease{};   ///< what follows `-`; empty for a release
  std::string text = "0.0.0"; ///< as written, with what follows `-` and `+`

  bool operator==(const Version &) const = default; ///< the same text; `precedence` orders
};

/// `1.2.3`, with an optional `-pre.release` and `+build`. kInvalid for anything else, such as `1.2`, `01.2.3` or `1.2.3.4`.
GRAFT_API Result<Version> parse_version(std::string_view text);

/// Which of two versions comes first (semver.org, 11): by numbers, a pre-release before its release, build metadata not at
/// all.
GRAFT_API std::weak_ordering precedence(const Version &left, const Version &right);

/// Terms that a version must all satisfy: `>=1.2, <2`, `^1.2`, `~1.2`, `=1.2.3`, `1.2` (as `^1.2`), `*`. What is left out of
/// a version is open: `=1.2` is any 1.2, `>1.2` begins with 1.3. A pre-release satisfies a range only when a term names a
/// pre-release of the same three numbers. A default one takes every version that is no pre-release.
class GRAFT_API VersionRange {
 public:
  VersionRange() = default;
  /// kInvalid with the term that is wrong, and for a range that nothing can satisfy.
  static Result<VersionRange> parse(std::string_view text);
  /// `major`.`minor` or later, of the same major: what `name@1.2` asks for.
  static VersionRange at_least(std::uint32_t major, std::uint32_t minor);

  bool contains(const Version &version) const;
  bool contains(std::uint32_t major, std::uint32_t minor) const;
  /// As written; "*" for the default.
  const std::string &text() const { return text_; }
  bool operator==(const VersionRange &) const = default; ///< the same text and meaning

 private:
  /// The versions on one side of an end.
  struct Bound {
    enum class Side : std::uint8_t { kFrom, kUpTo, kBelow } side = Side::kFrom;
    Version version;
    bool operator==(const Bound &) const = default;
  };

  Result<void> add(std::string_view term);
  void add(Bound::Side side, const Version &version) { bounds_.push_back({side, version}); }
  bool is_empty() const;

  std::vector<Bound> bounds_; ///< all must hold
  std::string text_ = "*";
};

} // namespace graft
