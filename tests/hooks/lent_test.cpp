// What a plugin is lent for one call, in the loop and in the fused chain: is it the host's again behind that?
#include "hooks.hpp"

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::part;
using test::Succeeds;
using testing::StartsWith;

class Lent : public test::Hooked {
 protected:
  void SetUp() override {
    start({.tier_up_delay = 0ms});
    EXPECT_THAT(runtime->hook<each_line>(), Succeeds());
  }
};

TEST_F(Lent, SizesAndContextAreTheHostsAgainBehindACall) {
  load(part("a", "each_line",
            "it->struct_size = 4; decision->struct_size = 8; context->struct_size = 1;"
            "context->request = graft_str_of(\"forged\"); context->arena = 0;",
            "priority = 1"));
  load(part("b", "each_line",
            "if (it->struct_size != sizeof *it || decision->struct_size != sizeof *decision) return 3;\n"
            "if (context->struct_size != sizeof *context || context->request.size != 32 || !context->arena) return 4;"
            "it->struct_size = 1; decision->struct_size = 1; decision->action = LINE_DROPPED;"));
  for (const char *way_now : {"loop", "fused"}) {
    EXPECT_THAT(part_of("a").chain, StartsWith(way_now));
    HookRequest request(*runtime);
    save_request it{};
    save_decision decision{};
    const HookResult result = runtime->hook<each_line>()->run(request, it, decision);
    EXPECT_EQ(result.failed, 0u);
    EXPECT_EQ(result.called, 2u);
    EXPECT_EQ(it.struct_size, sizeof it);
    EXPECT_EQ(decision.struct_size, sizeof decision);
    ASSERT_THAT(runtime->await_tier_up(std::chrono::minutes(4)), Succeeds());
  }
}

TEST_F(Lent, MemoryOfARequestCountsAgainstTheQuotaOfWhoTakesIt) {
  const std::string takes = "decision->reason.size = graft_arena_alloc(context->arena, it->number, 1) != 0;";
  load(part("a", "each_line", takes, "limits = { memory_bytes = 1000000 }\npriority = 1"));
  load(part("b", "each_line", "if (it->number > 1000000 && !graft_arena_alloc(context->arena, it->number, 1)) return 3;"));
  const auto used = [&] {
    for (const MetricFamily &family : runtime->metrics())
      for (const MetricSample &sample : family.samples)
        if (family.name == "graft_bundle_memory_bytes" && sample.labels == MetricLabels{{"bundle", "a"}})
          return sample.value;
    return -1.0;
  };
  for (const char *way_now : {"loop", "fused"}) {
    EXPECT_THAT(part_of("a").chain, StartsWith(way_now));
    const auto hook = runtime->hook<each_line>();
    HookRequest request(*runtime);
    const auto takes_one = [&](std::uint32_t bytes) {
      save_request it{};
      it.number = bytes;
      save_decision decision{};
      const HookResult result = hook->run(request, it, decision);
      EXPECT_EQ(result.called, 2u);
      EXPECT_EQ(result.failed, 0u);
      return decision.reason.size == 1;
    };
    EXPECT_TRUE(takes_one(900'000));
    EXPECT_GE(used(), 900'000);
    request.renew();
    EXPECT_EQ(used(), 0);
    EXPECT_FALSE(takes_one(2'000'000)); // the other has no quota, and gets it
    EXPECT_EQ(used(), 0);
    ASSERT_THAT(runtime->await_tier_up(std::chrono::minutes(4)), Succeeds());
  }
}

} // namespace
} // namespace graft
