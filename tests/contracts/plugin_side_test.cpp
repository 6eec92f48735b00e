// What a plugin does with its host: memory, log, find and resolve, registering from graft_init, start and stop.
#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

GRAFT_CONTRACT(echo, "test.echo", 1, 0) { graft_status (*echo)(graft_str in, graft_buf *out); };

namespace graft {
namespace {

using test::FailsWith;
using test::number_text;
using test::Succeeds;
using test::text;
using testing::HasSubstr;

const std::string kEcho = R"(#include <graft/abi.h>
GRAFT_CONTRACT(echo, "test.echo", 1, 0) { graft_status (*echo)(graft_str in, graft_buf *out); };
)";

std::string echoed(Runtime &runtime, const char *word) {
  const auto bound = runtime.bind<echo>();
  EXPECT_THAT(bound, Succeeds());
  graft_buf out{};
  const auto called = bound ? (*bound).call(&echo::echo, graft_str_of(word), &out) : Result<graft_status>(0);
  EXPECT_THAT(called, Succeeds());
  std::string answer(out.data != nullptr ? out.data : "", out.size);
  graft_buf_free(&runtime.host(), &out);
  return answer;
}

TEST(PluginSide, ABufferIsFilledThroughTheHostsAllocator) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(text("echo", kEcho + R"(
    static graft_status run(graft_str in, graft_buf *out) { return graft_buf_append(&graft_self, out, in.data, in.size); }
    GRAFT_PROVIDE(echo, {.echo = run}))")), Succeeds());
  EXPECT_EQ(echoed(**runtime, "hello"), "hello");
}

TEST(PluginSide, TheAllocatorRefusesWhatCannotBe) {
  auto runtime = Runtime::create();
  const graft_host &host = runtime->host();
  EXPECT_EQ(host.alloc(&host, 0, 8), nullptr);
  EXPECT_EQ(host.alloc(&host, 8, 3), nullptr);
  void *memory = host.alloc(&host, 100, 64);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0u);
  host.free(&host, memory, 100, 64);
}

/// A bundle that allocates a block, gives it back with `frees`, and answers 7.
std::string giving_back(const std::string &frees) {
  return test::kNumberContract + "static int32_t run(void) {\n  void *block = graft_self.alloc(&graft_self, 100, 16);\n  " +
         frees + "\n  return block != 0 ? 7 : 0;\n}\nGRAFT_PROVIDE(number, {.number = run})\n";
}

TEST(PluginSide, WhatIsGivenBackWronglyIsToldAndHarmsNobodyWhereTheHostAskedForIt) {
  std::string log;
  auto runtime = Runtime::create(
      {.allocations = Allocations::kChecked, .log = [&](LogLevel, std::string_view line) { (log += line) += '\n'; }});
  const std::string right = "graft_self.free(&graft_self, block, 100, 16);";
  for (const auto &[frees, told] : std::initializer_list<std::pair<std::string, const char *>>{
           {right + " graft_self.free(&graft_self, 0, 0, 0);", ""},
           {right + right, "bundle 'b' gives back 100 bytes aligned to 16 that are not allocated"},
           {"graft_self.free(&graft_self, block, 10, 16);" + right,
            "bundle 'b' gives back 10 bytes aligned to 16 that were allocated as 100 bytes aligned to 16"},
           {"static char other[100]; graft_self.free(&graft_self, other, 100, 1);" + right, "or are not the host's"}}) {
    ASSERT_THAT(runtime->load(text("b", giving_back(frees))), Succeeds());
    EXPECT_EQ((*runtime->bind<test_number>())->number(), 7);
    EXPECT_EQ(log.find("gives back") != std::string::npos, *told != '\0') << log;
    EXPECT_THAT(log, testing::HasSubstr(told));
    ASSERT_THAT(runtime->unload("b"), Succeeds());
    log.clear();
  }
}

TEST(PluginSide, OnePluginCallsAnotherAndSeesItsReload) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(text("number", number_text(5))), Succeeds());
  ASSERT_THAT(runtime->load(text("echo", test::kNumberContract + kEcho + R"(
    static graft_status run(graft_str in, graft_buf *out) {
      graft_handle handle; graft_pin pin;
      graft_status status = graft_self.find(&graft_self, graft_str_of("test.number"), 1, 0, &handle);
      (void)in;
      if (status == GRAFT_OK) status = graft_self.resolve(&graft_self, handle, &pin);
      if (status != GRAFT_OK) return status;
      char digit = (char)('0' + ((const number *)pin.table)->number());
      graft_self.release(&graft_self, &pin);
      return graft_buf_append(&graft_self, out, &digit, 1);
    }
    GRAFT_PROVIDE(echo, {.echo = run}))")), Succeeds());
  EXPECT_EQ(echoed(**runtime, ""), "5");
  ASSERT_THAT(runtime->reload(text("number", number_text(6))), Succeeds());
  EXPECT_EQ(echoed(**runtime, ""), "6");
}

TEST(PluginSide, InitIsToldWhyItRunsAndWhatItReplaces) {
  auto runtime = Runtime::create();
  const auto version = [](const std::string &number) {
    return MemoryBundle{"teller", {{"graft.toml", "name = \"teller\"\nversion = \"" + number + "\"\n"},
                                   {"main.c", "/* " + number + " */" + kEcho + R"(
      #include <stdio.h>
      static char told[64];
      graft_status graft_init(const graft_host *host, const graft_init_context *c) {
        (void)host;
        snprintf(told, sizeof told, "%u %.*s %u.%u.%u %u.%u.%u", c->reason, (int)c->bundle.size, c->bundle.data, c->version.major,
                 c->version.minor, c->version.patch, c->previous.major, c->previous.minor, c->previous.patch);
        return GRAFT_OK;
      }
      static graft_status run(graft_str in, graft_buf *out) { (void)in; return graft_buf_append_text(&graft_self, out, told); }
      GRAFT_PROVIDE(echo, {.echo = run}))"}}};
  };
  ASSERT_THAT(runtime->load(version("1.2.3")), Succeeds());
  EXPECT_EQ(echoed(**runtime, ""), "1 teller 1.2.3 0.0.0");
  ASSERT_THAT(runtime->reload(version("1.3.0")), Succeeds());
  EXPECT_EQ(echoed(**runtime, ""), "2 teller 1.3.0 1.2.3");
}

TEST(PluginSide, AProviderMayBeRegisteredFromInit) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime->load(text("late", kEcho + R"(
    static graft_status run(graft_str in, graft_buf *out) { return graft_buf_append(&graft_self, out, in.data, in.size); }
    graft_status graft_init(const graft_host *host, const graft_init_context *context) {
      echo table = {.echo = run};
      graft_provider provider = {sizeof provider, sizeof table, &graft_contract_echo, &table};
      (void)context;
      return host->register_provider(host, &provider);
    })")), Succeeds());
  EXPECT_EQ(echoed(**runtime, "late"), "late");
}

TEST(PluginSide, RegisteringRubbishIsRefusedWithASentence) {
  auto runtime = Runtime::create();
  EXPECT_THAT(runtime->load(text("rubbish", kEcho + R"(
    graft_status graft_init(const graft_host *host, const graft_init_context *context) {
      graft_provider provider = {sizeof provider, 3, &graft_contract_echo, "abc"};
      (void)context;
      return host->register_provider(host, &provider);
    })")), FailsWith(Code::kInvalid, HasSubstr("a table of 3 bytes")));
}

TEST(PluginSide, StopRunsOnceWhenTheCodeGoes) {
  auto runtime = Runtime::create();
  int stopped = 0;
  ASSERT_THAT(runtime->load(text("stopper", kEcho + R"(
    static int *counter;
    static graft_status run(graft_str in, graft_buf *out) { (void)out; counter = *(int *const *)in.data; return GRAFT_OK; }
    void graft_stop(void) { ++*counter; }
    GRAFT_PROVIDE(echo, {.echo = run}))")), Succeeds());
  int *address = &stopped;
  graft_buf out{};
  ASSERT_EQ((*runtime->bind<echo>())->echo({reinterpret_cast<const char *>(&address), sizeof address}, &out), GRAFT_OK);
  ASSERT_THAT(runtime->unload("stopper"), Succeeds());
  EXPECT_THAT(runtime->await_retired(std::chrono::seconds(60)), Succeeds());
  EXPECT_EQ(stopped, 1);
}

TEST(PluginSide, TheLogIsTaggedWithTheBundlesName) {
  std::vector<std::string> lines;
  Config config;
  config.log = [&](LogLevel, std::string_view line) { lines.emplace_back(line); };
  auto runtime = Runtime::create(std::move(config));
  ASSERT_THAT(runtime->load(text("chatty", kEcho + R"(
    static graft_status run(graft_str in, graft_buf *out) { (void)out; graft_self.log(&graft_self, GRAFT_LOG_WARN, in); return GRAFT_OK; }
    GRAFT_PROVIDE(echo, {.echo = run}))")), Succeeds());
  echoed(**runtime, "hello log");
  EXPECT_THAT(lines, testing::Contains("[chatty] hello log"));
  echoed(**runtime, "one\n[other] two\x1b[2J");
  EXPECT_THAT(lines, testing::Contains("[chatty] one\\n[other] two\\x1b[2J"));
}

TEST(PluginSide, AnUnmetRequirementIsALoadError) {
  auto runtime = Runtime::create();
  EXPECT_THAT(runtime->load(MemoryBundle{"user", {{"graft.toml", "name = \"user\"\nrequires = [\"test.number@1.0\"]\n"},
                                                  {"main.c", number_text(1).replace(0, 0, "")}}}),
              testing::Not(Succeeds()));
}

} // namespace
} // namespace graft
