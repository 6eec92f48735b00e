// What `graft run` offers the bundles that it loads.
#include "process.hpp"

#include <gmock/gmock.h>

namespace graft::test {
namespace {

using testing::HasSubstr;

/// Counts its calls under a key.
constexpr const char *kCounting = R"(#include <graft/abi.h>
#include <graft/service/kv.h>
GRAFT_CONTRACT(counting, "test.counting", 1, 0) { graft_status (*count)(int64_t *calls); };
static graft_status count(int64_t *calls) {
  graft_service service = {sizeof service};
  graft_status status = GRAFT_SERVICE(&graft_self, graft_kv, &service);
  if (status != GRAFT_OK) return status;
  status = ((const graft_kv *)service.table)->increment(service.self, graft_str_of("calls"), 1, calls);
  graft_self.give_back(&graft_self, &service);
  return status;
}
GRAFT_PROVIDE(counting, {.count = count})
)";

class RunServices : public testing::Test {
 protected:
  std::string count(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"run", bundle, "--call", "test.counting.count"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = graft(words);
    return outcome.out + outcome.err;
  }

  TempFolder folder;
  const std::string bundle = folder.write("counting.c", kCounting);
};

TEST_F(RunServices, KeysAndValuesAreOffered) { EXPECT_EQ(count(), "1\n"); }

TEST_F(RunServices, WithoutAFileNothingIsKept) {
  count();
  EXPECT_EQ(count(), "1\n");
}

TEST_F(RunServices, AFileKeepsThemForTheNextRun) {
  count({"--kv", folder / "kept"});
  EXPECT_EQ(count({"--kv", folder / "kept"}), "2\n");
}

TEST_F(RunServices, AFileThatIsNoneOfOursIsAnErrorWithItsPath) {
  EXPECT_THAT(count({"--kv", folder.write("text", "this is no database, and longer than a header of one would be\n")}),
              HasSubstr(folder / "text"));
}

} // namespace
} // namespace graft::test
