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

} // namespace
} // namespace graft
