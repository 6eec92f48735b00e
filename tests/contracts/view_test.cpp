// A program that carries its own view of a contract, put there at build time by graft_contracts().
#include "bundles.hpp"
#include "matchers.hpp"
#include "view.h"

#include <graft/runtime.hpp>

#include <fstream>
#include <sstream>

namespace graft {
namespace {

using test::FailsWith;
using test::Succeeds;
using testing::AllOf;
using testing::HasSubstr;

MemoryBundle provider(const std::string &before) {
  std::ostringstream header;
  header << std::ifstream(GRAFT_SOURCE_DIR "/tests/contracts/view.h").rdbuf();
  return {"eye",
          {{"view.h", before + header.str()},
           {"eye.c", "#include \"view.h\"\nstatic int32_t look(const struct seen *seen) { return (int32_t)seen->count; }\n"
                     "GRAFT_PROVIDE(viewed, {.look = look})\n"}}};
}

TEST(EmbeddedView, AProviderOfTheSameHeaderIsBoundAndCalled) {
  auto runtime = Runtime::create({.views = Views::kRequired});
  ASSERT_THAT(runtime->load(provider("")), Succeeds());
  const auto bound = runtime->bind<viewed>();
  ASSERT_THAT(bound, Succeeds());
  const seen what{1, 42};
  EXPECT_EQ((*bound)->look(&what), 42);
}

TEST(EmbeddedView, ADefineThatChangesALayoutIsRefusedWithBothDeclarations) {
  auto runtime = Runtime::create();
  EXPECT_THAT(
      runtime->load(provider("#define SEEN_IS_WIDE 1\n")),
      FailsWith(
          Code::kIncompatible,
          AllOf(HasSubstr("field 'count' of 'struct seen' is 'uint32_t' at offset 8 to the host and 'uint64_t' at offset 8"),
                HasSubstr("view.h:9:12: note: the host declares it here"), HasSubstr("bundle 'eye' declares it here"))));
}

TEST(EmbeddedView, AnotherContractHasNoView) {
  auto runtime = Runtime::create({.views = Views::kRequired});
  ASSERT_THAT(runtime->load(test::text("number", test::number_text(1))), Succeeds());
  EXPECT_THAT(runtime->bind<test_number>(), FailsWith(Code::kRefused, HasSubstr("no view of contract 'test.number@1'")));
}

/// A bundle that acquires the host contract `viewed` of view.h, as `before` has it.
MemoryBundle user(const std::string &before,
                  const std::string &when = "graft_status graft_init(const graft_host *host, "
                                            "const graft_init_context *context) {\n"
                                            "  (void)context;\n"
                                            "  return GRAFT_SERVICE(host, viewed, &service);\n}\n") {
  MemoryBundle bundle = provider(before);
  bundle.name = "user";
  bundle.files[1] = {"user.c",
                     "#include \"view.h\"\n" + test::kNumberContract + "static graft_service service;\n" + when +
                         "static int32_t run(void) {\n"
                         "  const struct seen what = {.count = 42};\n"
                         "  if (service.table == 0 && GRAFT_SERVICE(&graft_self, viewed, &service) != GRAFT_OK) return -1;\n"
                         "  return ((const viewed *)service.table)->look(&what);\n}\n"
                         "GRAFT_PROVIDE(number, {.number = run})\n"};
  return bundle;
}

const viewed kViewed{.look = [](const seen *what) { return static_cast<int32_t>(what->count); }};

const auto kWide =
    HasSubstr("field 'count' of 'struct seen' is 'uint32_t' at offset 8 to the host and 'uint64_t' at offset 8 to "
              "bundle 'user'");

TEST(EmbeddedView, WhoCallsAHostContractOfTheSameHeaderReachesTheHost) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer(kViewed), Succeeds());
  ASSERT_THAT(runtime->load(user("")), Succeeds());
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 42);
}

TEST(EmbeddedView, WhoDeclaresAHostContractOtherwiseIsRefusedBeforeItsCodeRuns) {
  auto runtime = Runtime::create();
  bool ran = false;
  const auto create = [](void *user_data, const graft_service_request *, void **self) -> graft_status {
    *static_cast<bool *>(user_data) = true;
    *self = user_data;
    return GRAFT_OK;
  };
  ASSERT_THAT(runtime->offer(kViewed, {.user_data = &ran, .create = create}), Succeeds());
  EXPECT_THAT(runtime->load(user("#define SEEN_IS_WIDE 1\n")),
              FailsWith(Code::kIncompatible, AllOf(kWide, HasSubstr("view.h:9:12: note: the host declares it here"))));
  EXPECT_FALSE(ran);
}

TEST(EmbeddedView, AHostContractThatIsOfferedLaterIsComparedWhenItIsAcquired) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(user("#define SEEN_IS_WIDE 1\n", "")), Succeeds()); // nobody could know what it calls
  ASSERT_THAT(runtime->offer(kViewed), Succeeds());
  EXPECT_EQ((*runtime->bind<test_number>())->number(), -1);
  char text[512];
  runtime->host().last_error(&runtime->host(), text, sizeof text);
  EXPECT_THAT(text, kWide);
}

TEST(EmbeddedView, AReloadThatDeclaresAHostContractOtherwiseIsRefusedAndTheOldCodeGoesOn) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->offer(kViewed), Succeeds());
  ASSERT_THAT(runtime->load(user("")), Succeeds());
  EXPECT_THAT(runtime->reload(user("#define SEEN_IS_WIDE 1\n")), FailsWith(Code::kIncompatible, kWide));
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 42);
}

} // namespace
} // namespace graft
