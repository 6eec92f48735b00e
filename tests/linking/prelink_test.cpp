// Is an image that is placed from bytes the one that its objects would be linked to?
#include "matchers.hpp"
#include "objects.hpp"
#include "seed.hpp"

#include <random>

namespace graft::test {
namespace {

const SourceText kSource{
    "a.cpp", "#include <string>\n#include <stdexcept>\nextern \"C\" int outside(int);\nstatic std::string kept = \"kept\";\n"
             "thread_local int mine = 7;\nstatic int (*const table[])(int) = {outside};\n"
             "extern \"C\" int f(int n) { try { if (n) throw std::runtime_error(kept); } catch (const std::exception &e) {\n"
             "  return static_cast<int>(std::string(e.what()).size()) + ++mine; } return table[0](1); }\n"};

extern "C" int one_outside(int n) { return n + 40; }
extern "C" int other_outside(int n) { return n + 50; }

class Prelinked : public testing::Test {
 protected:
  jit::LinkOptions options(int (*outside)(int) = one_outside) const {
    jit::LinkOptions options;
    options.name = "test";
    options.exports = {"f"};
    options.symbols = {{"outside", reinterpret_cast<const void *>(outside)}};
    return options;
  }

  std::vector<char> bytes_of(const Artifact &artifact) {
    jit::LinkOptions asks = options();
    asks.prelink = jit::Prelink::kYes;
    auto image = linker_->link(artifact, asks);
    EXPECT_THAT(image, Succeeds());
    if (!image) return {};
    linked_.push_back(*std::move(image)); // it stays, so that what is placed comes to lie elsewhere
    return linked_.back()->prelinked();
  }

  /// Of an image made of `bytes` alone: no object is there to link instead.
  Result<std::unique_ptr<jit::Image>> place(const std::vector<char> &bytes, jit::LinkOptions options) {
    options.prelinked = bytes;
    return linker_->link(Artifact{}, options);
  }

  std::unique_ptr<jit::Linker> linker_ = make_linker();
  std::vector<std::unique_ptr<jit::Image>> linked_;
  const Artifact artifact_ = artifact({kSource});
};

TEST_F(Prelinked, AnswersAsTheLinkedOneDoes) {
  const std::vector<char> bytes = bytes_of(artifact_);
  auto image = place(bytes, options());
  ASSERT_THAT(image, Succeeds());
  ASSERT_THAT((*image)->run_initialisers(), Succeeds());
  EXPECT_EQ(function<int(int)>(**image, "f")(0), 41);
  EXPECT_EQ(function<int(int)>(**image, "f")(1), 12);
  EXPECT_EQ(function<int(int)>(**image, "f")(1), 13);
  EXPECT_EQ((*image)->function_at(reinterpret_cast<std::uintptr_t>((*image)->address("f"))), "f");
  (*image)->run_finalisers();
}

TEST_F(Prelinked, IsBoundToWhatIsThereNow) {
  auto image = place(bytes_of(artifact_), options(other_outside));
  ASSERT_THAT(image, Succeeds());
  ASSERT_THAT((*image)->run_initialisers(), Succeeds());
  EXPECT_EQ(function<int(int)>(**image, "f")(0), 51);
  (*image)->run_finalisers();
}

TEST_F(Prelinked, TwoOfTheSameBytesHaveStaticsOfTheirOwn) {
  const Artifact counts = artifact({{"a.c", "static int n; int f(int by) { return n += by; }"}});
  const std::vector<char> bytes = bytes_of(counts);
  auto one = place(bytes, options()), two = place(bytes, options());
  ASSERT_TRUE(one && two);
  EXPECT_EQ(function<int(int)>(**one, "f")(5), 5);
  EXPECT_EQ(function<int(int)>(**two, "f")(3), 3);
}

TEST_F(Prelinked, ForOtherOptionsIsLinkedInstead) {
  jit::LinkOptions other = options();
  other.exports.push_back("g");
  const std::vector<char> bytes = bytes_of(artifact_);
  auto empty = place(bytes, other);
  ASSERT_THAT(empty, Succeeds());
  EXPECT_EQ((*empty)->address("f"), nullptr) << "linked of no objects, not placed";
  other.prelinked = bytes;
  auto image = linker_->link(artifact_, other);
  ASSERT_THAT(image, Succeeds());
  EXPECT_NE((*image)->address("f"), nullptr);
}

TEST_F(Prelinked, WhereAnOutsideIsMissingTheLinkSaysSo) {
  const std::vector<char> bytes = bytes_of(artifact_);
  jit::LinkOptions without = options();
  without.symbols.clear();
  without.prelinked = bytes;
  EXPECT_THAT(linker_->link(artifact_, without),
              FailsWith(Code::kInvalid, testing::HasSubstr("undefined symbol 'outside'")));
}

TEST_F(Prelinked, CutBytesAreAsGoodAsNone) {
  const std::vector<char> bytes = bytes_of(artifact_);
  for (std::size_t size = 0; size < bytes.size(); size += 37) {
    const std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    jit::LinkOptions given = options();
    given.prelinked = cut;
    ASSERT_THAT(linker_->link(artifact_, given), Succeeds()) << size;
  }
}

TEST_F(Prelinked, BytesThatDoNotFitAreToBeReplaced) {
  const std::vector<char> bytes = bytes_of(artifact_);
  jit::LinkOptions given = options();
  given.prelinked = std::span(bytes).first(bytes.size() / 2);
  given.prelink = jit::Prelink::kYes;
  const auto image = linker_->link(artifact_, given);
  ASSERT_THAT(image, Succeeds());
  EXPECT_THAT(place((*image)->prelinked(), options()), Succeeds());
}

// Placed, never run: who may make bytes is for others to see to.
TEST_F(Prelinked, FlippedBytesNeverEndTheProcess) {
  std::mt19937 random(seed_of_run());
  const std::vector<char> bytes = bytes_of(artifact_);
  for (int round = 0; round < 3000; ++round) {
    std::vector<char> damaged = bytes;
    for (unsigned flips = 1 + random() % 4; flips != 0; --flips)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    ignore(place(damaged, options()), "either outcome is right, as long as there is one");
  }
}

} // namespace
} // namespace graft::test
