// Whatever bytes stand in a manifest, a version or a range: an answer, and never a crash.
#include "bundle/contract_ref.hpp"
#include "bundle/manifest.hpp"
#include "matchers.hpp"
#include "seed.hpp"

#include <cstdlib>
#include <random>

namespace graft {
namespace {

class Fuzz : public testing::Test {
 protected:
  Fuzz() {
    random_.seed(test::seed_of_run());
    if (std::getenv("GRAFT_LONG") != nullptr) rounds_ *= 50;
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }
  char letter(std::string_view alphabet) { return alphabet[below(alphabet.size())]; }

  /// A few of `text`'s bytes replaced, taken out, doubled or put in.
  std::string spoil(std::string text) {
    for (std::size_t times = 1 + below(6); times > 0 && !text.empty(); --times) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, 1 + below(8));
        break;
      case 2:
        text.insert(at, text.substr(below(text.size()), below(40)));
        break;
      default:
        text.insert(at, 1, letter("\"'[]{}=.,#\n@<>^~*0\\-+"));
        break;
      }
    }
    return text;
  }

  std::string words(std::string_view alphabet, std::size_t longest) {
    std::string text;
    for (std::size_t size = below(longest); size > 0; --size) text += letter(alphabet);
    return text;
  }

  std::mt19937_64 random_;
  std::size_t rounds_ = 2'000;
};

constexpr const char *kManifest = R"(name = "clock"
version = "1.2.3-rc.1+b"
standard = ["c17", "c++20"]
sources = ["*.c", "src/**"]
includes = ["include"]
defines = ["A", "B=1"]
flags = ["-O2"]
provides = ["demo.clock@1.2"]
requires = ["a.b >=1, <2", { contract = "c.d", version = "~1.2", optional = true }, { bundle = "x", bundle_version = "^1" }]
host_requires = ["host.log@1"]
hooks = [{ name = "app.save", priority = 3, on_failure = "fail_closed", error_budget = 5 }]
permissions = ["net", "acme.audit"]
limits = { memory_bytes = 1000, drain_ms = 5 }
state = { default = "keep", counter = "reset" }
cascade = "after"
priority = -4
)";

TEST_F(Fuzz, ASpoiltManifestIsReadOrRefusedAtItsPlace) {
  ASSERT_THAT(parse_manifest(kManifest, "m"), test::Succeeds());
  for (std::size_t round = 0; round < rounds_; ++round) {
    const std::string text = spoil(kManifest);
    const auto manifest = parse_manifest(text, "m");
    if (manifest) continue;
    EXPECT_EQ(manifest.code(), Code::kInvalid) << text;
    EXPECT_EQ(manifest.error().where.file, "m") << text;
    EXPECT_EQ(manifest.error().message.find('\n'), std::string::npos) << text;
  }
}

TEST_F(Fuzz, AVersionThatIsReadIsReadTheSameAgainAndHasOneOrder) {
  std::vector<Version> versions;
  for (std::size_t round = 0; round < 20 * rounds_; ++round) {
    const std::string text = below(2) != 0 ? words("0123456789.-+ab", 14) : spoil("1.2.3-rc.1+b");
    const auto version = parse_version(text);
    if (!version) continue;
    EXPECT_EQ(version->text, text);
    versions.push_back(*version);
  }
  for (std::size_t round = 0; round < rounds_ && versions.size() > 2; ++round) {
    const Version &a = versions[below(versions.size())], &b = versions[below(versions.size())],
                  &c = versions[below(versions.size())];
    EXPECT_TRUE(precedence(a, b) == (0 <=> precedence(b, a))) << a.text << " " << b.text;
    if (precedence(a, b) <= 0 && precedence(b, c) <= 0)
      EXPECT_TRUE(precedence(a, c) <= 0) << a.text << " " << b.text << " " << c.text;
  }
}

TEST_F(Fuzz, ARangeIsReadOrRefusedAndItsOwnTextMeansTheSame) {
  for (std::size_t round = 0; round < 20 * rounds_; ++round) {
    const std::string text = below(2) != 0 ? words("0123.<>=^~*, -a", 16) : spoil(">=1.2, <2.0.0-rc.1, ~1");
    const auto range = VersionRange::parse(text);
    if (!range) continue;
    const auto again = VersionRange::parse(range->text());
    ASSERT_THAT(again, test::Succeeds()) << text;
    for (std::uint32_t major = 0; major < 4; ++major)
      for (std::uint32_t minor = 0; minor < 4; ++minor)
        EXPECT_EQ(range->contains(major, minor), again->contains(major, minor)) << text;
    ignore(parse_want("a.b " + text), "only that it returns");
  }
}

} // namespace
} // namespace graft
