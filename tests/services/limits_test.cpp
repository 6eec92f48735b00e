// Limits: what a bundle may take, and which code says that it took too much.
#include "bundles.hpp"
#include "matchers.hpp"
#include "sanitizers.hpp"

#include <graft/runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::HasSubstr;

std::string with_limits(const std::string &limits) { return "name = \"eater\"\n[limits]\n" + limits + "\n"; }

MemoryBundle eater(const std::string &limits, const std::string &code, const std::string &file = "main.c") {
  return {"eater", {{"graft.toml", with_limits(limits)}, {file, code}}};
}

double gauge(const Runtime &runtime, std::string_view family, std::string_view bundle) {
  for (const MetricFamily &one : runtime.metrics())
    if (one.name == family)
      for (const MetricSample &sample : one.samples)
        if (sample.labels == MetricLabels{{"bundle", std::string(bundle)}}) return sample.value;
  return -1;
}

/// Takes a mebibyte at a time until it gets none, and answers how many; a second call gives all back first.
const std::string kEater = test::kNumberContract + R"(#include <stdlib.h>
static void *taken[64];
static size_t count;
static int32_t eat(void) {
  while (count > 0) GIVE_BACK(taken[--count]);
  while (count < 64 && (taken[count] = TAKE()) != NULL) ++count;
  return (int32_t)count;
}
GRAFT_PROVIDE(number, {.number = eat})
)";

const std::string kGivesBackAtItsEnd = "__attribute__((destructor)) static void give_back(void) {\n"
                                       "  while (count > 0) GIVE_BACK(taken[--count]);\n}\n";

const std::string kByHost = "#define TAKE() graft_self.alloc(&graft_self, 1 << 20, 16)\n#define GIVE_BACK(block) "
                            "graft_self.free(&graft_self, block, 1 << 20, 16)\n";
const std::string kByMalloc = "#define TAKE() malloc(1 << 20)\n#define GIVE_BACK(block) free(block)\n";
const std::string kByCalloc = "#define TAKE() calloc(1 << 10, 1 << 10)\n#define GIVE_BACK(block) free(block)\n";
const std::string kByRealloc =
    "#define TAKE() realloc(realloc(NULL, 1 << 10), 1 << 20)\n#define GIVE_BACK(block) free(block)\n";
const std::string kByAligned = "#define TAKE() aligned_alloc(4096, 1 << 20)\n#define GIVE_BACK(block) free(block)\n";

const std::string kByPages = "#include <malloc.h>\n#define TAKE() (count % 2 ? valloc(1 << 20) : pvalloc((1 << 20) - 7))\n"
                             "#define GIVE_BACK(block) free(block)\n";

struct Quota : testing::TestWithParam<std::string> {};

TEST_P(Quota, TheTwentyFirstMebibyteOfTwentyIsRefused) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(eater("memory_bytes = 20971520", GetParam() + kEater + kGivesBackAtItsEnd)), Succeeds());
  const auto bound = *runtime->bind<test_number>();
  EXPECT_EQ(bound->number(), 20);
  EXPECT_EQ(bound->number(), 20); // what was given back may be taken again
  EXPECT_EQ(gauge(**runtime, "graft_bundle_memory_bytes", "eater"), 20.0 * (1 << 20));
  EXPECT_GE(gauge(**runtime, "graft_bundle_memory_refusals_total", "eater"), 2);
}

INSTANTIATE_TEST_SUITE_P(Ways, Quota, testing::Values(kByHost, kByMalloc, kByCalloc, kByRealloc, kByAligned, kByPages));

TEST(Limits, AnAllocationBeyondTheQuotaLeavesItsOwnCodeAndTheNumbers) {
  auto runtime = Runtime::create();
  const std::string code = test::kNumberContract + R"(#include <stdio.h>
#include <string.h>
static int32_t ask(void) {
  char why[400];
  if (graft_self.alloc(&graft_self, 1001, 8) != NULL) return 1;
  graft_self.last_error(&graft_self, why, sizeof why);
  return strstr(why, "bundle 'eater' asks for 1001 bytes and has 0 of the 1000 that it may") ? 0 : 2;
}
GRAFT_PROVIDE(number, {.number = ask})
)";
  ASSERT_THAT(runtime->load(eater("memory_bytes = 1000", code)), Succeeds());
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 0);
}

const std::string kCxxEater = test::kNumberContract + R"(#include <new>
#include <string>
#include <vector>
static int32_t eat() {
  std::vector<std::vector<char>> blocks;
  blocks.reserve(64);
  try {
    for (;;) blocks.emplace_back(1 << 20);
  } catch (const std::bad_alloc &) {
  }
  std::string text(30, 'x');
  for (int round = 0; round < 20000; ++round) {
    std::string grown = text;
    for (int piece = 0; piece < 5; ++piece) grown += text;
    if (grown.size() != 180) return -1;
  }
  return static_cast<int32_t>(blocks.size());
}
GRAFT_PROVIDE(number, {.number = eat})
)";

TEST(Limits, NewThrowsBadAllocInAPluginsOwnHands) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(eater("memory_bytes = 20990000", kCxxEater, "main.cpp")), Succeeds());
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 20);
  EXPECT_EQ(gauge(**runtime, "graft_bundle_memory_bytes", "eater"), 0) << "strings that grew are counted where they end";
}

TEST(Limits, NewThatNobodyCatchesIsTheQuotasError) {
  auto runtime = Runtime::create();
  const std::string code = test::kNumberContract + "#include <vector>\nstatic int32_t eat() { return "
                                                   "static_cast<int32_t>(std::vector<char>(2000000).size()); }\n"
                                                   "GRAFT_PROVIDE(number, {.number = eat})\n";
  ASSERT_THAT((*runtime)->load(eater("memory_bytes = 1000000", code, "main.cpp")), Succeeds());
  auto number = (*runtime)->bind<test_number>();
  ASSERT_THAT(number, Succeeds());
  EXPECT_THAT((*number).call(&test_number::number),
              FailsWith(Code::kMemoryLimit, testing::HasSubstr("1000000")));
}

TEST(Limits, InitialisersOverTheQuotaAreTheQuotasErrorToo) {
  auto runtime = Runtime::create();
  const std::string code = test::kNumberContract + "#include <vector>\nstatic std::vector<char> all(2000000);\n"
                                                   "static int32_t eat() { return static_cast<int32_t>(all.size()); }\n"
                                                   "GRAFT_PROVIDE(number, {.number = eat})\n";
  EXPECT_THAT((*runtime)->load(eater("memory_bytes = 1000000", code, "main.cpp")),
              FailsWith(Code::kMemoryLimit, testing::HasSubstr("1000000")));
}

TEST(Limits, AQuotaIsTheBundlesOverItsGenerations) {
  const test::LeaksOnPurpose leaks;
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(eater("memory_bytes = 20971520", kByHost + kEater)), Succeeds());
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 20);
  ASSERT_THAT(runtime->reload(eater("memory_bytes = 22020096", kByHost + kEater)), Succeeds());
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 1) << "the old version leaked its 20";
}

TEST(Limits, WhoeverGivesABlockBackItIsItsOwnersAgain) {
  auto runtime = Runtime::create();
  const std::string code = R"(#include <graft/abi.h>
GRAFT_CONTRACT(writer, "test.writer", 1, 0) { graft_status (*write)(graft_buf *out); };
static graft_status write(graft_buf *out) { return graft_buf_append(&graft_self, out, "hello", 5); }
GRAFT_PROVIDE(writer, {.write = write})
)";
  ASSERT_THAT(runtime->load(eater("memory_bytes = 1000", code)), Succeeds());
  const auto binding = *runtime->resolve(*runtime->find("test.writer", 1));
  const Pin pin(binding.slot());
  graft_buf out{};
  auto *write =
      reinterpret_cast<graft_status (*)(graft_buf *)>(const_cast<void *>(static_cast<const void *const *>(pin.table())[0]));
  ASSERT_EQ(write(&out), GRAFT_OK);
  EXPECT_EQ(gauge(**runtime, "graft_bundle_memory_bytes", "eater"), 5);
  graft_buf_free(&runtime->host(), &out);
  EXPECT_EQ(gauge(**runtime, "graft_bundle_memory_bytes", "eater"), 0);
}

TEST(Limits, WhatIsNestedTooDeepIsRefusedWithItsOwnCode) {
  auto runtime = Runtime::create();
  const std::string code = test::kNumberContract + R"(
static int32_t depth(void) {
  graft_handle handle;
  graft_pin pin;
  int32_t below;
  graft_status status = graft_self.find(&graft_self, (graft_str){"test.number", 11}, 1, 0, &handle);
  if (status == GRAFT_OK) status = graft_self.resolve(&graft_self, handle, &pin);
  if (status != GRAFT_OK) return 1000 + status;
  below = ((const number *)pin.table)->number();
  graft_self.release(&graft_self, &pin);
  return below + 1;
}
GRAFT_PROVIDE(number, {.number = depth})
)";
  ASSERT_THAT(runtime->load(eater("call_depth = 10", code)), Succeeds());
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 1000 + GRAFT_DEPTH_LIMIT + 9);
}

TEST(Limits, AManifestLimitsWhatItsBundleKeeps) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer_services(), Succeeds());
  const std::string code = test::kNumberContract + R"(#include <graft/service/kv.h>
static int32_t fill(void) {
  graft_service service;
  char key[2] = "a";
  if (GRAFT_SERVICE(&graft_self, graft_kv, &service) != GRAFT_OK) return -1;
  while (((const graft_kv *)service.table)->set(service.self, (graft_str){key, 1}, (graft_str){"123456789", 9}, 0) == GRAFT_OK) ++key[0];
  graft_self.give_back(&graft_self, &service);
  return key[0] - 'a';
}
GRAFT_PROVIDE(number, {.number = fill})
)";
  ASSERT_THAT(runtime->load(eater("kv_bytes = 70", code)), Succeeds());
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 7);
  ASSERT_THAT(runtime->reload(eater("kv_bytes = 1000\nkv_keys = 9", code)), Succeeds());
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 9);
}

TEST(Limits, AnUnknownLimitIsAnErrorThatKnowsTheNearOne) {
  auto runtime = Runtime::create();
  EXPECT_THAT(runtime->load(eater("memory_byte = 3", test::number_text(1))),
              FailsWith(Code::kInvalid, HasSubstr("memory_bytes")));
  EXPECT_THAT(runtime->load(eater("call_depth = 0", test::number_text(1))),
              FailsWith(Code::kInvalid, HasSubstr("call_depth")));
}

} // namespace
} // namespace graft
