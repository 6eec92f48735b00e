// Who is called, in which order, with what; and what does it cost when nobody is?
#include "hooks.hpp"

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

namespace {
thread_local std::size_t allocations = 0; // of the calling thread: others compile meanwhile
} // namespace

// Of the whole program: what a call of the library allocates counts, too.
void *operator new(std::size_t size) {
  ++allocations;
  if (void *memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }

namespace graft {
namespace {

using test::leaves;
using test::part;
using test::plugin;
using test::Succeeds;
using testing::ElementsAre;
using testing::IsEmpty;

class Chain : public test::Hooked {
 protected:
  /// What the fold of each_line makes of a path.
  std::string line(const std::string &path, save_decision &decision) {
    HookRequest request(*runtime);
    save_request it{};
    it.path = {path.data(), path.size()};
    runtime->hook<each_line>()->run(request, it, decision);
    return {it.path.data, it.path.size};
  }
  static std::string appends(const std::string &letter) {
    return "char text[64]; memcpy(text, it->path.data, it->path.size); text[it->path.size] = '" + letter +
           "'; it->path = graft_arena_text(context->arena, text, it->path.size + 1); decision->action = LINE_CHANGED;";
  }
};

TEST_F(Chain, AnIdleHookDecidesNothingAndAllocatesNothing) {
  auto saving = runtime->hook<before_save>();
  HookRequest request(*runtime);
  save_request it{};
  save_decision decision{};
  decision.action = 7;
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(saving->run(request, it, decision).called, 0u);
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(decision.action, 0u);
  EXPECT_TRUE(saving->is_idle());
}

TEST_F(Chain, CallsAllocateNothingOnceTheArenaHasGrownButRoomForTimesThatAreNew) {
  load(part("a", "before_save", leaves("a")));
  auto saving = runtime->hook<before_save>();
  HookRequest request(*runtime);
  save_request it{};
  const auto run = [&] {
    request.renew();
    saving->run(request, it);
  };
  run();
  const std::size_t before = allocations;
  for (int i = 0; i < 10'000; ++i) run();
  EXPECT_LE(allocations, before + 64); // one for each power of two
}

TEST_F(Chain, HigherPriorityRunsFirstThenTheFirstNameWhateverIsLoadedFirst) {
  const auto use = [](int priority) {
    return "hooks = [{ name = \"test.before_save\", priority = " + std::to_string(priority) + " }]";
  };
  const std::vector<MemoryBundle> bundles = {
      part("b", "before_save", leaves("b"), use(0)), part("a", "before_save", leaves("a"), use(0)),
      part("c", "before_save", leaves("c"), use(9)), part("d", "before_save", leaves("d"), use(-1))};
  for (const MemoryBundle &bundle : bundles) load(bundle);
  EXPECT_EQ(trail(), "cabd");
  start({});
  for (auto bundle = bundles.rbegin(); bundle != bundles.rend(); ++bundle) load(*bundle);
  EXPECT_EQ(trail(), "cabd");
}

TEST_F(Chain, ABundlesPriorityIsThatOfItsHooks) {
  load(part("a", "before_save", leaves("a")));
  load(part("b", "before_save", leaves("b"), "priority = 1"));
  EXPECT_EQ(trail(), "ba");
}

TEST_F(Chain, TheFirstThatDecidesEndsIt) {
  load(part("a", "before_save", leaves("a") + "decision->action = SAVE_ALLOW;", "priority = 1"));
  load(part("b", "before_save", leaves("b") + "decision->action = SAVE_REFUSE;"));
  save_decision decision{};
  const HookResult result = save(decision);
  EXPECT_EQ(result.action, static_cast<std::uint32_t>(SAVE_ALLOW));
  EXPECT_EQ(result.called, 1u);
  EXPECT_EQ(result.decided_by, bundle_id("a"));
  EXPECT_EQ(trail(), "a");
}

TEST_F(Chain, WhoDecidesNothingLeavesNothingBehindForTheNext) {
  load(part("a", "before_save", "it->number = 99; decision->reason = graft_str_of(\"left\");", "priority = 1"));
  load(part("b", "before_save", "if (it->number == 5 && decision->reason.size == 0) decision->action = SAVE_ALLOW;"));
  save_decision decision{};
  EXPECT_EQ(save(decision, 5).action, static_cast<std::uint32_t>(SAVE_ALLOW));
}

TEST_F(Chain, AFoldHandsOnWhatEachMade) {
  load(part("a", "each_line", appends("a"), "priority = 1"));
  load(part("b", "each_line", appends("b")));
  save_decision decision{};
  EXPECT_EQ(line("x", decision), "xab");
  EXPECT_EQ(decision.action, static_cast<std::uint32_t>(LINE_CHANGED));
}

TEST_F(Chain, AFinalActionEndsAFold) {
  load(part("a", "each_line", appends("a"), "priority = 2"));
  load(part("b", "each_line", "decision->action = LINE_DROPPED;", "priority = 1"));
  load(part("c", "each_line", appends("c")));
  save_decision decision{};
  EXPECT_EQ(line("x", decision), "xa");
  EXPECT_EQ(decision.action, static_cast<std::uint32_t>(LINE_DROPPED));
}

TEST_F(Chain, EveryObserverIsToldTheSame) {
  load(part("a", "after_save", "it->number = 1; decision->action = 3;" + leaves("a")));
  load(part("b", "after_save", "if (it->number != 5) return GRAFT_INVALID;" + leaves("b")));
  HookRequest request(*runtime);
  save_request it{};
  it.number = 5;
  const HookResult result = runtime->hook<after_save>()->run(request, it);
  EXPECT_EQ(result.called, 2u);
  EXPECT_EQ(result.failed, 0u);
  EXPECT_EQ(result.action, 0u);
  EXPECT_EQ(request.attribute("trail"), "ab");
}

TEST_F(Chain, ARequestHasOneIdAndItsAttributesInAllItsHooks) {
  load(part("a", "before_save", "graft_attribute_set(context, graft_str_of(\"id\"), context->request);"));
  load(part("b", "after_save",
            "graft_str id; graft_attribute_get(context, graft_str_of(\"id\"), &id);"
            "if (!graft_str_equal(id, context->request)) return GRAFT_INVALID;"));
  HookRequest request(*runtime);
  save_request it{};
  runtime->hook<before_save>()->run(request, it);
  EXPECT_EQ(runtime->hook<after_save>()->run(request, it).failed, 0u);
  EXPECT_EQ(request.attribute("id"), request.id());
}

TEST_F(Chain, AnotherRequestHasAnotherIdAndNoAttributes) {
  HookRequest request(*runtime), other(*runtime);
  ASSERT_THAT(request.set_attribute("tenant", "acme"), Succeeds());
  const std::string id(request.id());
  EXPECT_NE(other.id(), id);
  request.renew();
  EXPECT_NE(request.id(), id);
  EXPECT_THAT(std::string(request.attribute("tenant")), IsEmpty());
}

TEST_F(Chain, AnAttributeHasTheValueThatWasSetLast) {
  HookRequest request(*runtime);
  ASSERT_THAT(request.set_attribute("a", "1"), Succeeds());
  ASSERT_THAT(request.set_attribute("b", "2"), Succeeds());
  ASSERT_THAT(request.set_attribute("a", "3"), Succeeds());
  EXPECT_EQ(request.attribute("a"), "3");
  EXPECT_EQ(request.attribute("b"), "2");
}

TEST_F(Chain, AReloadOfAMemberKeepsItsPlaceAndRunsItsNewCode) {
  load(part("a", "before_save", leaves("a"), "priority = 1"));
  load(part("b", "before_save", leaves("b")));
  ASSERT_EQ(trail(), "ab");
  ASSERT_THAT(runtime->reload(part("a", "before_save", leaves("A"), "priority = 1")), Succeeds());
  EXPECT_EQ(trail(), "Ab");
}

TEST_F(Chain, AReloadMayChangeItsPlace) {
  load(part("a", "before_save", leaves("a"), "priority = 1"));
  load(part("b", "before_save", leaves("b")));
  ASSERT_EQ(trail(), "ab");
  ASSERT_THAT(runtime->reload(part("a", "before_save", leaves("a"), "priority = -1")), Succeeds());
  EXPECT_EQ(trail(), "ba");
}

TEST_F(Chain, WhatIsUnloadedIsCalledNoMore) {
  load(part("a", "before_save", leaves("a")));
  load(part("b", "before_save", leaves("b")));
  ASSERT_EQ(trail(), "ab");
  ASSERT_THAT(runtime->unload("a"), Succeeds());
  EXPECT_EQ(trail(), "b");
  ASSERT_THAT(runtime->unload("b"), Succeeds());
  EXPECT_TRUE(runtime->hook<before_save>()->is_idle());
}

TEST_F(Chain, ASlotThatAnotherBundleTookIsThatOnes) {
  load(part("a", "before_save", leaves("a")));
  ASSERT_EQ(trail(), "a");
  ASSERT_THAT(runtime->unload("a"), Succeeds());
  load(part("b", "before_save", leaves("b"))); // in the slot that is vacant now
  EXPECT_EQ(trail(), "b");
}

TEST_F(Chain, VersionsSideBySideAreBundlesOfTheirOwn) {
  const LoadOptions beside{.place = Place::kBeside};
  ASSERT_THAT(runtime->load(part("a", "before_save", leaves("1"), "version = \"1.0.0\""), beside), Succeeds());
  ASSERT_THAT(runtime->load(part("a", "before_save", leaves("2"), "version = \"2.0.0\""), beside), Succeeds());
  EXPECT_EQ(trail(), "12");
}

TEST_F(Chain, APluginMayRunAChainOfItsHostsInsideOfAnother) {
  static Runtime *host = nullptr;
  host = runtime.get();
  static const before_save again{.run = [](graft_hook_context *, save_request *it, save_decision *decision) {
    HookRequest inner(*host);
    host->hook<after_save>()->run(inner, *it);
    decision->action = inner.attribute("trail") == "b" ? SAVE_ALLOW : SAVE_REFUSE;
    return static_cast<graft_status>(GRAFT_OK);
  }};
  ASSERT_THAT(runtime->hook<after_save>(), Succeeds());
  ASSERT_THAT(runtime->load(BuiltInBundle{"a", "1.0.0", {provider(again)}}), Succeeds());
  load(part("b", "after_save", leaves("b")));
  save_decision decision{};
  EXPECT_EQ(save(decision).action, static_cast<std::uint32_t>(SAVE_ALLOW));
}

TEST_F(Chain, CallsNeverFailWhileMembersComeAndGoAndChange) {
  load(part("a", "before_save", "decision->action = SAVE_ALLOW;"));
  auto saving = runtime->hook<before_save>();
  std::atomic<bool> stop{false};                 // relaxed: it only ends the loop
  std::atomic<std::uint64_t> wrong{0}, calls{0}; // relaxed: read behind the join
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i)
    callers.emplace_back([&] {
      HookRequest request(*runtime);
      while (!stop.load(std::memory_order_relaxed)) {
        request.renew();
        save_request it{};
        save_decision decision{};
        const HookResult result = saving->run(request, it, decision);
        wrong.fetch_add(result.action != SAVE_ALLOW || result.failed != 0, std::memory_order_relaxed);
        calls.fetch_add(1, std::memory_order_relaxed);
      }
    });
  for (int round = 0; round < 10; ++round) {
    load(part("b", "before_save", leaves("b"), "priority = 1"));
    EXPECT_THAT(runtime->reload(part("b", "before_save", leaves("c"), "priority = " + std::to_string(round - 4))),
                Succeeds());
    EXPECT_THAT(runtime->pause("b"), Succeeds());
    EXPECT_THAT(runtime->resume("b"), Succeeds());
    EXPECT_THAT(runtime->unload("b"), Succeeds());
  }
  while (calls.load(std::memory_order_relaxed) == 0) std::this_thread::yield();
  stop.store(true, std::memory_order_relaxed);
  for (std::thread &caller : callers) caller.join();
  EXPECT_EQ(wrong.load(std::memory_order_relaxed), 0u);
}

} // namespace
} // namespace graft
