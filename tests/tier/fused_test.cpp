// Is the code of several bundles, compiled together, still each bundle's own?
#include "matchers.hpp"

#include <graft/base/thunk.hpp>
#include <graft/driver/fuse.hpp>
#include <graft/jit/linker.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::ElementsAre;
using testing::HasSubstr;

using Files = std::vector<std::string>;
using Step = std::int32_t(std::uint32_t *);

const std::string kContract = "#include <graft/abi.h>\n"
                              "GRAFT_CONTRACT(adder, \"tier.adder\", 1, 0) { graft_status (*add)(uint32_t *sum); };\n";

/// What thunks would call.
std::int32_t nothing_fails() { return 0; }

/// A provider with that body.
Files adds(const std::string &body) {
  return {kContract + "static graft_status add(uint32_t *sum) {\n" + body +
          "\nreturn GRAFT_OK;\n}\nGRAFT_PROVIDE(adder, {.add = add});\n"};
}

class Fusing : public testing::Test {
 protected:
  /// A bundle with both its images.
  struct Member {
    Artifact second;
    std::unique_ptr<jit::Image> image;
    Step *add() const {
      return reinterpret_cast<Step *const *>(const_cast<void *>(image->address("graft_entries_adder")))[0];
    }
  };

  Result<Artifact> compile(const Files &files, driver::Role role) {
    driver::Job job;
    job.bundle = "member";
    for (const std::string &text : files)
      job.sources.push_back({"file" + std::to_string(job.sources.size()) + ".c", text, driver::Language::kFromName});
    job.options.role = role;
    job.options.optimise = role == driver::Role::kSecond ? 2 : 0;
    job.options.bitcode = role == driver::Role::kSecond ? driver::Bitcode::kKeep : driver::Bitcode::kOmit;
    return compiler->compile(job);
  }

  Member make(const Files &files, jit::Second names = jit::Second::kPossible) {
    Member member;
    jit::LinkOptions options;
    options.name = "member";
    options.second = jit::Second::kPossible;
    options.exports = {"graft_entries_adder"};
    options.symbols = {{kThunkIsForced, reinterpret_cast<const void *>(&nothing_fails)},
                       {kThunkCaught, reinterpret_cast<const void *>(&nothing_fails)}};
    auto first = compile(files, driver::Role::kFirst);
    auto second = compile(files, driver::Role::kSecond);
    EXPECT_THAT(first, Succeeds());
    EXPECT_THAT(second, Succeeds());
    if (!first || !second) return member;
    auto image = linker->link(*first, options);
    EXPECT_THAT(image, Succeeds());
    if (!image) return member;
    member.second = *std::move(second);
    member.image = *std::move(image);
    EXPECT_THAT(member.image->run_initialisers(), Succeeds());
    options.second = names;
    auto newer = linker->link_second(*member.image, member.second, options);
    EXPECT_THAT(newer, Succeeds());
    if (newer) EXPECT_THAT(member.image->take_over(*std::move(newer)), Succeeds());
    return member;
  }

  Result<driver::Fused> fuse(const std::vector<const Member *> &members, const std::string &body) {
    driver::FuseJob job;
    job.name = "fused";
    job.exported = "fused";
    job.text = "#include <stdint.h>\n";
    for (std::size_t i = 0; i < members.size(); ++i) {
      const std::string n = std::to_string(i);
      job.text += "int32_t graft_member_" + n + "(uint32_t *);\nint graft_is_brief_" + n + "(void);\n";
      job.members.push_back({"member" + n, &members[i]->second.bitcode, driver::entry_name("adder", 0)});
    }
    job.text += "int32_t fused(uint32_t *sum) {\n" + body + "\n}\n";
    return driver::fuse(*compiler, job);
  }

  Result<std::unique_ptr<jit::Image>> link(const std::vector<const Member *> &members, const driver::Fused &fused) {
    std::vector<const jit::Image *> images;
    for (const Member *member : members) images.push_back(member->image.get());
    jit::LinkOptions options;
    options.name = "fused";
    options.exports = {"fused"};
    return linker->link_fused(images, fused.artifact, options);
  }

  std::unique_ptr<driver::Compiler> compiler = *driver::Compiler::create();
  std::unique_ptr<jit::Linker> linker = *jit::Linker::create();
};

TEST_F(Fusing, GoesOnWithTheStateOfEachMember) {
  const Member tens = make(adds("static uint32_t calls; *sum += ++calls * 10;"));
  const Member ones = make(adds("static uint32_t calls; *sum += ++calls;")); // of the same names
  const auto fused = fuse({&tens, &ones}, "return graft_member_0(sum) + graft_member_1(sum);");
  ASSERT_THAT(fused, Succeeds());
  const auto image = link({&tens, &ones}, *fused);
  ASSERT_THAT(image, Succeeds());
  auto *const run = reinterpret_cast<Step *>(const_cast<void *>((*image)->address("fused")));
  std::uint32_t sum = 0;
  EXPECT_EQ(tens.add()(&sum), 0);
  EXPECT_EQ(run(&sum), 0);
  EXPECT_EQ(sum, 10u + 20u + 1u);
  EXPECT_EQ(ones.add()(&sum), 0);
  EXPECT_EQ(sum, 33u);
}

TEST_F(Fusing, TellsTheTextWhoseCodeIsBrief) {
  const Member brief = make(adds("*sum += *sum > 4 ? 2 : 7;"));
  const Member loops = make(adds("for (uint32_t i = 0; i < *sum; ++i) *(volatile uint32_t *)sum = *sum / 2;"));
  const Member calls = make({"#include <stdlib.h>\n" + adds("*sum += getenv(\"HOME\") != 0;").front()});
  const auto fused = fuse({&brief, &loops, &calls},
                          "*sum = 0; return graft_is_brief_0() + 2 * graft_is_brief_1() + 4 * graft_is_brief_2() + "
                          "graft_member_0(sum) + graft_member_1(sum) + graft_member_2(sum);");
  ASSERT_THAT(fused, Succeeds());
  EXPECT_THAT(fused->members, ElementsAre(driver::Brief::kYes, driver::Brief::kNo, driver::Brief::kNo));
  const auto image = link({&brief, &loops, &calls}, *fused);
  ASSERT_THAT(image, Succeeds());
  std::uint32_t sum = 0;
  EXPECT_EQ(reinterpret_cast<Step *>(const_cast<void *>((*image)->address("fused")))(&sum), 1);
}

TEST_F(Fusing, TakesWhatOtherFilesOfAMemberDefine) {
  const Member member = make(
      {kContract +
           "uint32_t more(uint32_t) __attribute__((nothrow)); static graft_status add(uint32_t *sum) { *sum = more(*sum); "
           "return GRAFT_OK; }\nGRAFT_PROVIDE(adder, {.add = add});\n",
       "#include <stdint.h>\nstatic uint32_t add = 5; uint32_t more(uint32_t sum) { return sum + add++; }\n"});
  const auto fused = fuse({&member, &member}, "return graft_member_0(sum) + graft_member_1(sum);");
  ASSERT_THAT(fused, Succeeds());
  const auto image = link({&member, &member}, *fused);
  ASSERT_THAT(image, Succeeds());
  std::uint32_t sum = 0;
  EXPECT_EQ(reinterpret_cast<Step *>(const_cast<void *>((*image)->address("fused")))(&sum), 0);
  EXPECT_EQ(sum, 11u);
}

TEST_F(Fusing, RefusesWhatCannotBeToldApart) {
  const auto refusal = [&](const Files &files) {
    const Member member = make(files);
    return fuse({&member}, "return graft_member_0(sum);");
  };
  EXPECT_THAT(refusal(adds("__asm__ volatile(\"nop\"); *sum += 1;")),
              FailsWith(Code::kUnsupported, HasSubstr("bundle 'member0' cannot be fused: it contains assembly")));
  EXPECT_THAT(refusal(adds("static _Thread_local uint32_t calls; *sum += ++calls;")),
              FailsWith(Code::kUnsupported, HasSubstr("it uses thread-local variables")));
  EXPECT_THAT(
      refusal(
          {kContract + "graft_status add(uint32_t *sum) __attribute__((nothrow));\nGRAFT_PROVIDE(adder, {.add = add});\n",
           "#include <stdint.h>\nint32_t add(uint32_t *sum) { *sum += 1; return 0; }\n"}),
      FailsWith(Code::kUnsupported, HasSubstr("what it provides is not in its own code")));
}

TEST_F(Fusing, LinksToSecondImagesThatRememberTheirNamesOnly) {
  const Member named = make(adds("static uint32_t calls; *sum += ++calls;"));
  const Member nameless = make(adds("static uint32_t calls; *sum += ++calls;"), jit::Second::kNone);
  const Member other = make(adds("*sum += 1;"));
  const auto fused = fuse({&named}, "return graft_member_0(sum);");
  ASSERT_THAT(fused, Succeeds());
  EXPECT_THAT(link({&nameless}, *fused),
              FailsWith(Code::kUnsupported, HasSubstr("member 1 has no second image that can be fused")));
  EXPECT_THAT(link({&other}, *fused), FailsWith(Code::kUnsupported, HasSubstr("is not in the image of member 1")));
}

} // namespace
} // namespace graft
