// Does a chain that was fused to one function answer as the loop does, and follow its plugins wherever they go?
#include "hooks.hpp"

#include <graft/holders.hpp>

#include <atomic>
#include <random>
#include <thread>

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::leaves;
using test::part;
using test::plugin;
using test::Succeeds;
using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

class FusedChains : public test::Hooked {
 protected:
  void SetUp() override { start_quick({}); }
  void start_quick(HookConfig hooks) {
    start({.tier_up_delay = 0ms, .hooks = std::move(hooks)});
    EXPECT_THAT(runtime->hook<before_save>(), Succeeds());
    EXPECT_THAT(runtime->hook<each_line>(), Succeeds());
    EXPECT_THAT(runtime->hook<after_save>(), Succeeds());
  }
  /// Until nothing is left to optimise or to fuse.
  void settle() { ASSERT_THAT(runtime->await_tier_up(std::chrono::minutes(4)), Succeeds()); }
  std::string way(const std::string &bundle) const { return part_of(bundle).chain; }
  std::uint64_t failures(const std::string &bundle, CallFailure failure) const {
    return part_of(bundle).failures[static_cast<std::size_t>(failure)];
  }
};

TEST_F(FusedChains, CallEveryPluginInOrder) {
  load(part("a", "before_save", leaves("a"), "priority = 1"));
  load(part("b", "before_save", leaves("b")));
  load(part("c", "before_save", leaves("c"), "priority = 2"));
  const std::string loop = trail();
  settle();
  EXPECT_EQ(way("a"), "fused");
  EXPECT_EQ(trail(), loop);
  EXPECT_EQ(loop, "cab");
}

TEST_F(FusedChains, CountEveryCallOfEveryPlugin) {
  load(part("a", "each_line", "it->number += 1;")); // timed together with b
  load(part("b", "each_line", "it->number += 1; if (it->number == 7) decision->action = LINE_DROPPED;"));
  load(part("c", "each_line", leaves("c"))); // alone: it loops
  load(part("d", "each_line", "it->number += 1;"));
  settle();
  ASSERT_EQ(way("a"), "fused");
  const auto hook = runtime->hook<each_line>();
  HookRequest request(*runtime);
  for (std::uint32_t i = 0; i < 10; ++i) {
    save_request it{};
    it.number = i;
    save_decision decision{};
    EXPECT_EQ(hook->run(request, it, decision).called, i == 5 ? 2u : 4u);
    request.renew();
  }
  EXPECT_EQ(part_of("a").calls(), 10u);
  EXPECT_EQ(part_of("b").calls(), 10u);
  EXPECT_EQ(part_of("c").calls(), 9u);
  EXPECT_EQ(part_of("d").calls(), 9u);
  load(part("e", "each_line", "")); // another chain: what was counted stays
  EXPECT_EQ(part_of("a").calls(), 10u);
  EXPECT_EQ(part_of("d").calls(), 9u);
}

TEST_F(FusedChains, GoOnWithTheStateThatTheirPluginsHad) {
  const std::string counts = "static unsigned calls; it->number += ++calls;";
  load(part("a", "each_line", counts));
  load(part("b", "each_line",
            counts + "static struct { char text[8]; } last; last.text[0] = (char)('a' + calls); "
                     "decision->reason.data = last.text; decision->reason.size = 1;"));
  const auto run = [&] {
    HookRequest request(*runtime);
    save_request it{};
    save_decision decision{};
    runtime->hook<each_line>()->run(request, it, decision);
    return std::to_string(it.number) + std::string(decision.reason.data, decision.reason.size);
  };
  EXPECT_EQ(run(), "2b");
  settle();
  ASSERT_EQ(way("a"), "fused");
  EXPECT_EQ(run(), "4c");
  load(part("c", "each_line", "")); // the loop again
  EXPECT_EQ(run(), "6d");
}

TEST_F(FusedChains, HandOutWhatLastsAsLongAsThePlugin) {
  load(part("a", "before_save", ""));
  load(part("b", "before_save",
            "static const char *const kReasons[] = {\"none\", \"because of seven\"}; decision->action = SAVE_REFUSE;"
            "decision->reason = graft_str_of(kReasons[it->number == 7]);"));
  settle();
  ASSERT_EQ(way("a"), "fused");
  save_decision decision{};
  save(decision, 7);
  ASSERT_THAT(runtime->unload("a"), Succeeds());
  settle();
  EXPECT_EQ(std::string_view(decision.reason.data, decision.reason.size), "because of seven");
}

TEST_F(FusedChains, SpeakCxxToo) {
  const std::string code = "#include <memory>\n#include <string>\n#include <stdexcept>\n"
                           "struct Line { virtual ~Line() = default; virtual unsigned number() const = 0; };\n"
                           "struct Seven : Line { unsigned number() const override { return 7; } };\n"
                           "static std::unique_ptr<Line> line(new Seven);\n"
                           "static graft_status run(graft_hook_context *, save_request *it, save_decision *) {\n"
                           "  if (it->number == 3) throw std::runtime_error(\"three \" + std::string(40, 'x'));\n"
                           "  static std::string all; all += 'x'; line.reset(new Seven);\n"
                           "  it->number += line->number() + static_cast<unsigned>(all.size());\n"
                           "  return GRAFT_OK;\n}\nGRAFT_PROVIDE(each_line, {.run = run});\n";
  load(plugin("a", code, {}, "main.cpp"));
  load(plugin("b", code, {}, "main.cpp"));
  settle();
  ASSERT_EQ(way("a"), "fused");
  const auto run = [&](std::uint32_t number) {
    HookRequest request(*runtime);
    save_request it{};
    it.number = number;
    save_decision decision{};
    runtime->hook<each_line>()->run(request, it, decision);
    return it.number;
  };
  EXPECT_EQ(run(0), 16u);
  EXPECT_EQ(run(3), 3u);
  EXPECT_EQ(failures("a", CallFailure::kException), 1u);
  EXPECT_EQ(failures("b", CallFailure::kException), 1u);
  EXPECT_THAT(log, Contains(HasSubstr("three")));
  load(part("c", "each_line", "")); // the objects that were made in there outlive the chain
  EXPECT_EQ(run(0), 18u);
}

TEST_F(FusedChains, DenyForWhoMustNotBeMissed) {
  load(part("a", "before_save",
            leaves("a") + "if (it->number == 1) { decision->reason = graft_str_of(\"half\"); return GRAFT_INVALID; }",
            "hooks = [{ name = \"test.before_save\", on_failure = \"fail_closed\" }]"));
  load(part("b", "before_save", "if (it->number == 2) return GRAFT_INVALID; decision->action = SAVE_ALLOW;"));
  load(part("c", "before_save", "decision->action = SAVE_REFUSE;"));
  settle();
  ASSERT_EQ(way("a"), "fused");
  save_decision decision{};
  EXPECT_EQ(save(decision, 0).action, static_cast<std::uint32_t>(SAVE_ALLOW));
  const HookResult denied = save(decision, 1);
  EXPECT_EQ(denied.action, static_cast<std::uint32_t>(SAVE_REFUSE));
  EXPECT_EQ(denied.decided_by, bundle_id("a"));
  EXPECT_EQ(decision.reason.size, 0u);
  const HookResult passed_over = save(decision, 2);
  EXPECT_EQ(passed_over.decided_by, bundle_id("c"));
  EXPECT_EQ(passed_over.failed, 1u);
  EXPECT_EQ(failures("b", CallFailure::kStatus), 1u);
}

TEST_F(FusedChains, PassOverWhoIsInQuarantine) {
  load(part("a", "before_save", leaves("a")));
  load(part("b", "before_save", leaves("b") + "if (it->number == 0) return GRAFT_INVALID;",
            "hooks = [{ name = \"test.before_save\", error_budget = 2 }]"));
  load(part("c", "before_save", leaves("c")));
  settle();
  ASSERT_EQ(way("a"), "fused");
  save_decision decision{};
  EXPECT_EQ(save(decision).called, 3u);
  EXPECT_EQ(save(decision).called, 3u);
  EXPECT_EQ(state_of("b"), BundleState::kQuarantined);
  EXPECT_EQ(save(decision, 1).called, 2u);
  ASSERT_THAT(runtime->resume("b"), Succeeds());
  settle();
  EXPECT_EQ(way("a"), "fused");
  EXPECT_EQ(save(decision, 1).called, 3u);
}

TEST_F(FusedChains, NoticeACallThatTakesTooLong) {
  const std::string slow =
      "struct timespec now, then; clock_gettime(CLOCK_MONOTONIC, &then); do clock_gettime(CLOCK_MONOTONIC, "
      "&now); while ((now.tv_sec - then.tv_sec) * 1000 + (now.tv_nsec - then.tv_nsec) / 1000000 < 3);\n"
      "it->number = 9;";
  start_quick({.chain_limits = {{"test.before_save", 1ms}}});
  for (const char *hook : {"before_save", "each_line"}) {
    MemoryBundle late = part(std::string("late_") + hook, hook, slow,
                             "priority = 1\nhooks = [{ name = \"test." + std::string(hook) + "\", call_ms = 1 }]");
    late.files.front().contents.insert(0, "#define _POSIX_C_SOURCE 200809L\n#include <time.h>\n");
    load(late);
    load(part(std::string("then_") + hook, hook, "it->number += 1;"));
  }
  settle();
  ASSERT_EQ(way("late_each_line"), "fused");
  ASSERT_EQ(way("late_before_save"), "fused");
  HookRequest request(*runtime);
  save_request it{};
  save_decision decision{};
  const HookResult result = runtime->hook<each_line>()->run(request, it, decision);
  EXPECT_EQ(result.failed, 1u);
  EXPECT_EQ(it.number, 1u);
  EXPECT_EQ(failures("late_each_line", CallFailure::kTimeout), 1u);
  const HookResult late = save(decision); // the chain's own limit
  EXPECT_EQ(late.code, Code::kTimeout);
  EXPECT_EQ(late.called, 1u);
}

TEST_F(FusedChains, FollowAReload) {
  load(part("a", "before_save", leaves("a")));
  load(part("b", "before_save", leaves("b")));
  settle();
  ASSERT_EQ(trail(), "ab");
  ASSERT_THAT(runtime->reload(part("b", "before_save", leaves("B"))), Succeeds());
  EXPECT_EQ(trail(), "aB");
  settle();
  EXPECT_EQ(way("a"), "fused");
  EXPECT_EQ(trail(), "aB");
  ASSERT_THAT(runtime->rollback("b"), Succeeds());
  EXPECT_EQ(trail(), "ab");
  ASSERT_THAT(runtime->pause("b"), Succeeds());
  EXPECT_EQ(trail(), "a");
  settle();
  EXPECT_EQ(way("a"), "loop: one plugin");
}

TEST_F(FusedChains, LetReloadsAndUnloadsPassWhileThreadsAreInside) {
  load(part("a", "before_save", leaves("a")));
  load(part("b", "before_save", leaves("b")));
  load(part("c", "before_save", leaves("c")));
  settle();
  const auto hook = runtime->hook<before_save>();
  std::atomic<bool> is_over{false}; // relaxed: the join orders the rest
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&] {
      HookRequest request(*runtime);
      while (!is_over.load(std::memory_order_relaxed)) {
        save_request it{};
        const HookResult result = hook->run(request, it);
        const std::string_view met = request.attribute("trail");
        const bool is_right = result.failed == 0 && met.starts_with('a') && met.ends_with('c') &&
                              (met.size() == 2 || (met.size() == 3 && (met[1] == 'b' || met[1] == 'B')));
        if (!is_right) wrong.fetch_add(1, std::memory_order_relaxed);
        request.renew();
        std::this_thread::yield(); // what compiles is of low priority
      }
    });
  for (int turn = 0; turn < 5; ++turn) {
    EXPECT_THAT(runtime->reload(part("b", "before_save", leaves(turn % 2 == 0 ? "B" : "b"))), Succeeds());
    if (turn % 3 != 0) settle(); // else: again before it is fused
    if (turn != 3) continue;
    EXPECT_THAT(runtime->unload("b"), Succeeds());
    settle();
    load(part("b", "before_save", leaves("b")));
    settle();
  }
  is_over.store(true, std::memory_order_relaxed);
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(way("a"), "fused");
  EXPECT_THAT(runtime->await_retired(std::chrono::minutes(1)), Succeeds()); // nothing of it keeps old code
}

TEST_F(FusedChains, KeepCodeThatAThreadIsInside) {
  // Waits until the host lets it go, when it is given something to wait for.
  const std::string waits = "int *const gate = (int *)it->path.data; if (gate == 0) return GRAFT_OK;\n"
                            "__atomic_store_n(&gate[0], 1, __ATOMIC_RELEASE);\n"
                            "while (__atomic_load_n(&gate[1], __ATOMIC_ACQUIRE) == 0);\n"
                            "static int answer = 7; it->number = (uint32_t)answer;";
  load(part("a", "each_line", ""));
  load(part("b", "each_line", waits));
  load(part("c", "each_line", "it->number += 1;"));
  settle();
  ASSERT_EQ(way("b"), "fused");
  int gate[2] = {0, 0};
  save_request it{};
  it.path.data = reinterpret_cast<const char *>(gate);
  HookResult result;
  std::thread inside([&] {
    HookRequest request(*runtime);
    save_decision decision{};
    result = runtime->hook<each_line>()->run(request, it, decision);
  });
  while (std::atomic_ref(gate[0]).load(std::memory_order_acquire) == 0) std::this_thread::yield();
  EXPECT_THAT(runtime->reload(part("b", "each_line", "it->number = 100;")), Succeeds());
  settle(); // the new chain is fused, too
  const std::vector<Holder> holders = runtime->holders("b");
  ASSERT_EQ(holders.size(), 1u);
  EXPECT_EQ(holders.front().kind, Holder::Kind::kCall);
  std::atomic_ref(gate[1]).store(1, std::memory_order_release);
  inside.join();
  EXPECT_EQ(it.number, 8u); // the old b went on to its end, and c was called
  EXPECT_EQ(result.called, 3u);
  EXPECT_THAT(runtime->await_retired(std::chrono::minutes(1)), Succeeds());
}

TEST_F(FusedChains, SayWhyTheyAreNone) {
  load(part("a", "before_save", ""));
  load(part("b", "before_save", "static _Thread_local unsigned calls; it->number += ++calls;"));
  load(part("alone", "each_line", ""));
  load(part("level", "after_save", "", "flags = [\"-O1\"]"));
  load(part("other", "after_save", ""));
  settle();
  EXPECT_THAT(way("a"), StartsWith("loop: bundle 'b' cannot be fused: it uses thread-local variables"));
  EXPECT_EQ(way("alone"), "loop: one plugin");
  EXPECT_THAT(way("other"), StartsWith("loop: bundle 'level' was compiled at once for speed"));
  start_quick({.fuse = Fuse::kNever});
  load(part("a", "before_save", ""));
  load(part("b", "before_save", ""));
  settle();
  EXPECT_EQ(way("a"), "loop: the host's configuration says so");
  start({.tier_up = TierUp::kFast});
  EXPECT_THAT(runtime->hook<before_save>(), Succeeds());
  load(part("a", "before_save", ""));
  EXPECT_EQ(way("a"), "loop: nothing is optimised in the background");
  start({.tier_up_delay = 1h});
  EXPECT_THAT(runtime->hook<before_save>(), Succeeds());
  load(part("a", "before_save", ""));
  load(part("b", "before_save", ""));
  EXPECT_EQ(way("a"), "loop: not fused yet");
  for (int i = 0; i < 63; ++i) load(part("c" + std::to_string(i), "before_save", ""));
  EXPECT_EQ(way("a"), "loop: too many plugins");
}

/// A body that does one of many things, by what it meets and how often it was called.
std::string at_random(std::uint32_t salt) {
  return "static unsigned calls; unsigned r = (it->number * 2654435761u + ++calls * 40503u + " + std::to_string(salt) +
         "u) >> 7;\n"
         "switch (r % 11) {\n"
         "case 0: it->number += r % 5; break;\n"
         "case 1: decision->action = r % 4; break;\n" // 3: no header knows it
         "case 2: it->number ^= 1; decision->action = 1; return GRAFT_INVALID;\n"
         "case 3: graft_attribute_set(context, graft_str_of(\"last\"), graft_str_of(r & 64 ? \"x\" : \"y\")); break;\n"
         "case 4: graft_attribute_set(context, graft_str_of(\"last\"), graft_str_of(\"gone\")); return GRAFT_EXHAUSTED;\n"
         "case 5: it->path = graft_str_of(\"path of " +
         std::to_string(salt) +
         "\"); break;\n"
         "case 6: { graft_str last; if (graft_attribute_get(context, graft_str_of(\"last\"), &last) == GRAFT_OK) it->number "
         "+= "
         "(uint32_t)last.size; } break;\n"
         "}\n";
}

TEST_F(FusedChains, AnswerAsTheLoopDoes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<MemoryBundle> bundles;
  for (const char *hook : {"before_save", "each_line", "after_save"})
    for (int i = 0; i < 5; ++i) {
      const bool is_closed = hook != std::string("after_save") && random() % 4 == 0;
      bundles.push_back(
          part(std::string(hook) + std::to_string(i), hook, at_random(static_cast<std::uint32_t>(random())),
               "priority = " + std::to_string(random() % 3) +
                   (is_closed ? "\nhooks = [{ name = \"test." + std::string(hook) + "\", on_failure = \"fail_closed\" }]"
                              : std::string())));
    }
  std::vector<std::uint32_t> numbers;
  for (int i = 0; i < 3'000; ++i) numbers.push_back(static_cast<std::uint32_t>(random()));

  const auto told = [&](Fuse fuse) {
    start_quick({.error_budget = 0, .fuse = fuse});
    for (const MemoryBundle &bundle : bundles) load(bundle);
    settle();
    for (const MemoryBundle &bundle : bundles)
      EXPECT_EQ(way(bundle.name), fuse == Fuse::kNever ? "loop: the host's configuration says so" : "fused");
    std::vector<std::string> lines;
    HookRequest request(*runtime);
    const auto run = [&](const auto &hook, auto decision, std::uint32_t number) {
      save_request it{};
      it.number = number;
      const HookResult result = hook->run(request, it, decision);
      std::string line = std::to_string(result.action) + " " + std::to_string(result.called) + " " +
                         std::to_string(result.failed) + " " + std::to_string(result.decided_by.value) + " " +
                         std::to_string(it.number) + " " + std::string(request.attribute("last")) + " ";
      if (it.path.data != nullptr) line.append(it.path.data, it.path.size);
      lines.push_back(line);
    };
    for (const std::uint32_t number : numbers) {
      run(runtime->hook<before_save>(), save_decision{}, number);
      run(runtime->hook<each_line>(), save_decision{}, number);
      run(runtime->hook<after_save>(), graft_no_decision{}, number);
      request.renew();
    }
    for (const MemoryBundle &bundle : bundles) {
      const HookPart one = part_of(bundle.name);
      lines.push_back(bundle.name + " " + std::to_string(one.calls()) + " " + std::to_string(one.failures[0]) + " " +
                      std::to_string(one.failures[3]));
    }
    return lines;
  };
  const std::vector<std::string> loop = told(Fuse::kNever), fused = told(Fuse::kWhenQuiet);
  ASSERT_EQ(loop.size(), fused.size());
  for (std::size_t i = 0; i < loop.size(); ++i) ASSERT_EQ(loop[i], fused[i]) << "at " << i;
}

} // namespace
} // namespace graft
