// An artifact's bytes: nothing is lost on the way there and back, and nothing that happens to them on the way ends in a
// crash.
#include "artifact_checksum.hpp"
#include "matchers.hpp"
#include "seed.hpp"

#include <graft/base/artifact_bytes.hpp>

#include <random>

namespace graft::test {
namespace {

using testing::HasSubstr;

SourcePos at(std::uint32_t line) { return {"a.c", line, 7}; }

/// Something in every member, numbers of each width among it.
Artifact full() {
  Diagnostic note{Severity::kNote, at(4), "declared here", "", "int a;", 1, 4, {}, {}};
  Diagnostic warning{Severity::kWarning, at(3), "unused", "-Wunused", "  int a;", 3, 6, {{at(3), at(4), "long a;"}}, {note}};
  Facts facts;
  Type number{TypeKind::kSigned, true, false, 4, 4, 0, 0, "", {}, {}, {}};
  Type color{TypeKind::kEnum, false, true, 4, 4, 0, 3, "color", {}, {{"red", -1, {at(9), "red,"}}}, {at(8), "enum color {"}};
  Type pair{TypeKind::kStruct, false, false, 8, 1ull << 40, 0, 0, "pair", {{"x", 0, 64, 3, {at(2), "int x : 3;"}}}, {}, {}};
  facts.types.types = {number, color, pair};
  ContractFunction add{"add", 2, true, "fn()", "int add(void)", at(1), "int (*add)(void);", {"left", ""}};
  facts.contracts = {{"greeter", "demo.greeter", 1, 65535, {add}, at(1), true}};
  facts.providers = {{"demo.greeter", 1, 2, "greeter", "graft_entries_greeter", {"add", ""}, true, at(5)}};
  facts.kept = {{"count", "count_", 1, "i32", at(6), "n::count", "a.c", "int count", "b", "l", "i", "r", 64, true}};
  facts.kept_classes = {{2, "replace", "destroy", true, false, true}};
  facts.kept_layouts = {{1, "fields"}};
  facts.instances = {{"greeter", 2, "construct", false, "std::function", true, at(7)}};
  facts.migrations = {{1, 2, "migrate", at(8)}};
  facts.noexcepts = {{"f", at(9)}};
  facts.headers = {{"/usr/include/stdio.h", true, {{1, 2, 3}}}, {"absent.h", false, {}}};
  facts.defines_stop = true;
  Artifact artifact;
  artifact.bundle = "full";
  artifact.objects = {{"a.c", {'\x7f', 'E', 'L', 'F', '\0'}}, {"b.c", {}}};
  artifact.bitcode = {'B', 'C'};
  artifact.facts = std::move(facts);
  artifact.imports = {{"memcpy", at(3), true}, {"puts", {}, false}};
  artifact.thunks = {{"graft_thunk_greeter_add", "add", "demo.greeter", "add"}};
  artifact.warnings = {warning};
  artifact.source_key.bytes.fill(0xab);
  artifact.object_key.bytes.fill(0xcd);
  artifact.times = {1, 1ull << 63, 300, 4};
  artifact.shared = {std::make_shared<SharedCode>(SharedCode{{{9}}, {'c', 'o'}, {"_ZSt4sort"}})};
  artifact.origin = Origin::kRemote;
  artifact.trace = {{{"/a.h", Look::Found::kFile, {{5}}}, {"/b", Look::Found::kFolder, {}}}, "__TIME__"};
  artifact.prelinked = {'p'};
  return artifact;
}

/// What every caller of `artifact_from_bytes` may count on, whatever the bytes were.
void seal(std::vector<char> &bytes) {
  const std::uint64_t sum = artifact_checksum(std::span(bytes).subspan(kArtifactChecksumAt + sizeof sum));
  std::memcpy(bytes.data() + kArtifactChecksumAt, &sum, sizeof sum);
}

TEST(ArtifactBytes, BringBackEveryMember) {
  const Artifact artifact = full();
  const std::vector<char> bytes = to_bytes(artifact);
  const auto back = artifact_from_bytes(bytes);
  ASSERT_THAT(back, Succeeds());
  EXPECT_EQ(to_bytes(*back), bytes);
  const Facts &facts = (*back).facts;
  EXPECT_EQ(facts.types[1].enumerators[0].value, -1);
  EXPECT_EQ(facts.types[2].size, 1ull << 40);
  EXPECT_EQ(facts.types[2].fields[0].declared.line, "int x : 3;");
  EXPECT_EQ(facts.contracts[0].minor, 65535);
  EXPECT_EQ(facts.contracts[0].functions[0].parameters, (std::vector<std::string>{"left", ""}));
  EXPECT_FALSE(facts.instances[0].constructible);
  EXPECT_EQ(facts.headers[0].content.bytes[2], 3);
  EXPECT_TRUE(facts.defines_stop && !facts.defines_init);
  EXPECT_EQ(render((*back).warnings), render(artifact.warnings));
  EXPECT_EQ((*back).warnings[0].fixits[0].replacement, "long a;");
  EXPECT_EQ((*back).objects[0].bytes, artifact.objects[0].bytes);
  EXPECT_EQ((*back).times.optimise_ns, 1ull << 63);
  EXPECT_EQ((*back).shared[0]->symbols, artifact.shared[0]->symbols);
  EXPECT_EQ((*back).origin, Origin::kRemote);
  EXPECT_EQ((*back).trace.looks[1].found, Look::Found::kFolder);
  EXPECT_EQ((*back).trace.unrepeatable, "__TIME__");
}

TEST(ArtifactBytes, OfAnEmptyArtifactAreOne) {
  const std::vector<char> bytes = to_bytes({});
  ASSERT_THAT(artifact_from_bytes(bytes), Succeeds());
}

TEST(ArtifactBytes, OfAnotherVersionAreRefusedWithBothVersions) {
  std::vector<char> bytes = to_bytes({});
  bytes[8] = 77;
  EXPECT_THAT(artifact_from_bytes(bytes), FailsWith(Code::kIncompatible, HasSubstr("in format 77, this graft reads 4")));
}

TEST(ArtifactBytes, ThatAreNoArtifactAreRefused) {
  EXPECT_THAT(artifact_from_bytes({}), FailsWith(Code::kInvalid, HasSubstr("0 bytes are not the beginning of an artifact")));
  const std::string text(100, 'x');
  EXPECT_THAT(artifact_from_bytes(text), FailsWith(Code::kInvalid, HasSubstr("not the beginning")));
}

TEST(ArtifactBytes, CutShortAnywhereAreRefused) {
  const std::vector<char> bytes = to_bytes(full());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(artifact_from_bytes(std::span(bytes).first(size))) << size;
    std::vector<char> sealed(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    if (size < kArtifactChecksumAt + sizeof(std::uint64_t)) continue;
    seal(sealed);
    EXPECT_FALSE(artifact_from_bytes(sealed)) << size << ", with the checksum of what is left";
  }
}

TEST(ArtifactBytes, WithAnyBitTurnedAreRefused) {
  std::vector<char> bytes = to_bytes(full());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const char mask = static_cast<char>(1 << bit % 8);
    bytes[bit / 8] ^= mask;
    EXPECT_FALSE(artifact_from_bytes(bytes)) << "bit " << bit;
    bytes[bit / 8] ^= mask;
  }
}

TEST(ArtifactBytes, DamagedBeneathAGoodChecksumAreRefusedOrAreAnotherArtifact) {
  std::mt19937 random(seed_of_run());
  const std::vector<char> good = to_bytes(full());
  const std::size_t begin = kArtifactChecksumAt + sizeof(std::uint64_t);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<char> bytes = good;
    for (unsigned change = 0; change <= random() % 4; ++change)
      bytes[begin + random() % (bytes.size() - begin)] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(begin + random() % (bytes.size() - begin));
    seal(bytes);
    const auto back = artifact_from_bytes(bytes);
    if (back) to_bytes(*back); // whatever it is, all of it is there
  }
}

TEST(ArtifactBytes, WhoseTypesPointBehindTheTableAreRefused) {
  Artifact artifact = full();
  artifact.facts.kept[0].type = 3;
  EXPECT_THAT(artifact_from_bytes(to_bytes(artifact)), FailsWith(Code::kInvalid, HasSubstr("no artifact")));
}

} // namespace
} // namespace graft::test
