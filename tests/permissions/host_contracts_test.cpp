// The check where host contracts are acquired, and at each call of them.
#include "closed.hpp"

#include <atomic>
#include <memory>
#include <thread>

GRAFT_CONTRACT(vault, "acme.vault", 1, 0) { int32_t (*take)(void *self); };

namespace graft {
namespace {

using test::closed;
using test::FailsWith;
using test::number_of;
using test::Succeeds;
using testing::HasSubstr;

/// Acquires the vault at its first call and takes from it at each.
const std::string kTaker = test::kNumberContract + R"(
GRAFT_CONTRACT(vault, "acme.vault", 1, 0) { int32_t (*take)(void *self); };
static graft_service service = {sizeof service};
static int32_t answer(void) {
  if (service.table == 0 && GRAFT_SERVICE(&graft_self, vault, &service) != GRAFT_OK) return -1;
  return ((const vault *)service.table)->take(service.self);
}
GRAFT_PROVIDE(number, {.number = answer})
)";

/// The host's side: each who acquires it has a permit, which each call asks.
class VaultOffer : public testing::Test {
 protected:
  static int32_t take(void *self) { return static_cast<const Permit *>(self)->is_granted() ? 7 : -2; }
  static graft_status create(void *runtime, const graft_service_request *request, void **self) {
    auto permit = static_cast<Runtime *>(runtime)->permit(*request, "acme.vault");
    if (!permit) return GRAFT_INVALID;
    *self = new Permit(*permit);
    return GRAFT_OK;
  }
  static void destroy(void *, void *self) { delete static_cast<Permit *>(self); }

  void SetUp() override {
    const vault table{.take = take};
    ASSERT_THAT(runtime->offer(table, {.service = Service::kPerUse,
                                       .user_data = &*runtime,
                                       .create = create,
                                       .destroy = destroy,
                                       .permission = "acme.vault"}),
                Succeeds());
  }
  Result<BundleInfo> load(const std::string &list, const std::string &more = "") {
    return runtime->load(closed(list, kTaker, "main.c", more));
  }
  std::string last_error() const {
    char text[512] = {};
    runtime->host().last_error(&runtime->host(), text, sizeof text);
    return text;
  }

  const std::unique_ptr<Runtime> runtime = *Runtime::create({.permissions = {.custom = {{"acme.vault"}}}});
};

TEST_F(VaultOffer, IsAcquiredByWhoHasItsPermission) {
  ASSERT_THAT(load("\"acme.vault\""), Succeeds());
  EXPECT_EQ(number_of(*runtime), 7);
}

TEST_F(VaultOffer, IsAcquiredByABundleWithoutAList) {
  ASSERT_THAT(runtime->load(test::text("open", kTaker)), Succeeds());
  EXPECT_EQ(number_of(*runtime), 7);
}

TEST_F(VaultOffer, IsRefusedToAnybodyElse) {
  ASSERT_THAT(load("\"fs\""), Succeeds());
  EXPECT_EQ(number_of(*runtime), -1);
  EXPECT_EQ(last_error(), "bundle 'closed' has no permission 'acme.vault' for host contract 'acme.vault'; add it to "
                          "'permissions' in its graft.toml");
}

TEST_F(VaultOffer, IsRefusedAtTheLoadOfWhoRequiresIt) {
  EXPECT_THAT(load("", "host_requires = [\"acme.vault@1\"]\n"),
              FailsWith(Code::kRefused, HasSubstr("has no permission 'acme.vault' for host contract 'acme.vault'")));
  EXPECT_THAT(load("\"acme.vault\"", "host_requires = [\"acme.vault@1\"]\n"), Succeeds());
}

TEST_F(VaultOffer, SeesAtItsNextCallWhatTheHostTookAwayAndGaveBack) {
  ASSERT_THAT(load("\"acme.vault\""), Succeeds());
  EXPECT_EQ(number_of(*runtime), 7);
  ASSERT_THAT(runtime->take_permission("closed", "acme.vault"), Succeeds());
  EXPECT_EQ(number_of(*runtime), -2);
  EXPECT_TRUE(runtime->bundles().at(0).permissions.empty());
  ASSERT_THAT(runtime->give_permission("closed", "acme.vault"), Succeeds());
  EXPECT_EQ(number_of(*runtime), 7);
}

TEST_F(VaultOffer, IsNotGivenToAVersionThatComesAfterItWasTaken) {
  ASSERT_THAT(runtime->take_permission("closed", "acme.vault"), Succeeds());
  ASSERT_THAT(load("\"acme.vault\""), Succeeds());
  EXPECT_EQ(number_of(*runtime), -1);
  EXPECT_THAT(last_error(), HasSubstr("; the host does not grant it"));
  ASSERT_THAT(runtime->reload(closed("\"acme.vault\", \"fs\"", kTaker, "main.c")), Succeeds());
  EXPECT_EQ(number_of(*runtime), -1);
}

TEST_F(VaultOffer, IsNeverGivenToWhoDidNotAskForIt) {
  ASSERT_THAT(load("\"fs\""), Succeeds());
  EXPECT_THAT(runtime->give_permission("closed", "acme.vault"), FailsWith(Code::kRefused, HasSubstr("did not ask")));
  EXPECT_THAT(runtime->give_permission("closed", "acme.volt"),
              FailsWith(Code::kInvalid, HasSubstr("did you mean 'acme.vault'?")));
  EXPECT_THAT(runtime->take_permission("closed", "acme.volt"), FailsWith(Code::kInvalid, HasSubstr("is no permission")));
}

TEST(TakenPermission, FromWhatIsNearlyABundleIsToldOf) {
  std::vector<std::string> lines;
  Config config{.permissions = {.custom = {{"acme.vault"}}}};
  config.log = [&](LogLevel level, std::string_view line) {
    if (level >= LogLevel::kWarn) lines.emplace_back(line);
  };
  const auto runtime = Runtime::create(std::move(config));
  ASSERT_THAT((*runtime)->load(closed("\"acme.vault\"", kTaker, "main.c")), Succeeds());
  EXPECT_THAT((*runtime)->take_permission("closed", "acme.vault"), Succeeds());
  EXPECT_THAT(lines, testing::IsEmpty());
  EXPECT_THAT((*runtime)->take_permission("clsoed", "acme.vault"), Succeeds()); // it may come
  EXPECT_THAT(lines, testing::ElementsAre(HasSubstr("'clsoed', which is not loaded so far; did you mean 'closed'?")));
}

TEST_F(VaultOffer, AsksForAPermissionThatThereIs) {
  const vault table{.take = take};
  const auto other = Runtime::create();
  EXPECT_THAT(other->offer(table, {.permission = "acme.vault"}), FailsWith(Code::kInvalid, HasSubstr("is no permission")));
  EXPECT_EQ(runtime->offers().at(0).permission, "acme.vault");
}

TEST_F(VaultOffer, IsTakenAndGivenWhileItIsCalled) {
  ASSERT_THAT(load("\"acme.vault\""), Succeeds());
  EXPECT_EQ(number_of(*runtime), 7); // acquires it
  const auto bound = *runtime->bind<test_number>();
  std::atomic<bool> is_done{false}; // relaxed: only how long the thread goes on
  std::atomic<int> others{0};       // relaxed: read after the join
  std::jthread caller([&] {
    while (!is_done.load(std::memory_order_relaxed))
      if (const int answer = bound->number(); answer != 7 && answer != -2) others.fetch_add(1, std::memory_order_relaxed);
  });
  for (int round = 0; round < 200; ++round) {
    ASSERT_THAT(runtime->take_permission("closed", "acme.vault"), Succeeds());
    EXPECT_EQ(bound->number(), -2);
    ASSERT_THAT(runtime->give_permission("closed", "acme.vault"), Succeeds());
    EXPECT_EQ(bound->number(), 7);
  }
  is_done.store(true, std::memory_order_relaxed);
  caller.join();
  EXPECT_EQ(others.load(std::memory_order_relaxed), 0);
}

} // namespace
} // namespace graft
