// What a plugin gets when it asks: log, metrics, time, keys and values, cryptography. Each plugin is a text that runs its
// steps when its number is asked for, and answers 0, or the number of the first step that went wrong.
#include "bundles.hpp"
#include "manual_clock.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>
#include <graft/service/time.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

namespace graft {
namespace {

using namespace std::chrono_literals;
using test::FailsWith;
using test::Succeeds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A plugin that acquires service `tag` and whose number is what `body` returns; `CHECK(step, what)` ends it where something
/// is not so.
std::string asks(const std::string &tag, const std::string &body) {
  return test::kNumberContract +
         "#include <graft/service/services.h>\n#include <graft/abi/util.h>\n#include <stdio.h>\n"
         "#define CHECK(step, what) do { if (!(what)) return step; } while (0)\n"
         "#define S(text) graft_str_of(text)\n"
         "static graft_service service;\n"
         "graft_status graft_init(const graft_host *host, const graft_init_context *context) {\n"
         "  (void)context;\n  return GRAFT_SERVICE(host, " +
         tag +
         ", &service);\n}\n"
         "static int32_t run(void) {\n  const " +
         tag + " *table = (const " + tag +
         " *)service.table;\n"
         "  void *self = service.self;\n" +
         body + "\n  return 0;\n}\nGRAFT_PROVIDE(number, {.number = run})\n";
}

TEST(Services, HaveHeadersThatStandAlone) {
  const auto runtime = *Runtime::create();
  for (const std::string name : {"cache", "config", "crypto", "http", "kv", "log", "metrics", "query", "time"})
    EXPECT_THAT(runtime->load(test::text(name, "#include <graft/service/" + name +
                                                   ".h>\nstatic graft_service service;\n"
                                                   "graft_status graft_init(const graft_host *host, "
                                                   "const graft_init_context *context) {\n  (void)context;\n"
                                                   "  GRAFT_SERVICE(host, graft_" +
                                                   name + ", &service);\n  return GRAFT_OK;\n}\n")),
                Succeeds());
}

struct Host {
  test::ManualClock clock;
  std::mutex mutex;
  std::vector<std::string> lines;
  std::unique_ptr<Runtime> runtime;

  explicit Host(ServicesConfig services = {}) {
    Config config;
    config.log_level = LogLevel::kDebug;
    config.log = [this](LogLevel level, std::string_view line) {
      const std::lock_guard lock(mutex);
      if (line.starts_with("[")) lines.push_back(std::to_string(static_cast<int>(level)) + " " + std::string(line));
    };
    runtime = *Runtime::create(std::move(config));
    if (services.clock == nullptr) services.clock = &clock;
    EXPECT_THAT(runtime->offer_services(std::move(services)), Succeeds());
  }

  /// Loads, or reloads, and runs it once.
  int run(const std::string &bundle, const std::string &text) {
    const std::vector<BundleInfo> bundles = runtime->bundles();
    const bool is_known = std::ranges::find(bundles, bundle, &BundleInfo::name) != bundles.end();
    const auto loaded = is_known ? runtime->reload(test::text(bundle, text), {.force = Force::kYes})
                                 : runtime->load(test::text(bundle, text));
    EXPECT_THAT(loaded, Succeeds());
    return loaded ? (*runtime->bind<test_number>())->number() : -1;
  }
  ServiceCalls calls(std::string_view function) const {
    const auto all = runtime->service_calls();
    const auto found = std::ranges::find(all, function, &ServiceCalls::function);
    return found != all.end() ? *found : ServiceCalls();
  }
};

TEST(Services, AreOfferedOnce) {
  Host host;
  EXPECT_THAT(host.runtime->offer_services(), FailsWith(Code::kConflict, HasSubstr("offered already")));
}

TEST(Services, ANameThatTheHostOffersItselfIsAConflictAndNothingIsOffered) {
  auto runtime = Runtime::create();
  const graft_time own{.monotonic_ns = [](void *) { return std::uint64_t{1}; }, .wall_ns = [](void *) { return std::int64_t{1}; }};
  ASSERT_THAT(runtime->offer(own), Succeeds());
  EXPECT_THAT(runtime->offer_services(), FailsWith(Code::kConflict, HasSubstr("'graft.time@1' is offered by the host itself")));
  EXPECT_EQ(runtime->offers().size(), 1u);
  ASSERT_THAT(runtime->withdraw("graft.time", 1), Succeeds());
  EXPECT_THAT(runtime->offer_services(), Succeeds());
  EXPECT_EQ(runtime->offers().size(), 9u);
}

TEST(Services, TheLogTagsALineAndKeepsItOneLine) {
  Host host;
  EXPECT_EQ(
      host.run("noisy", asks("graft_log", R"(CHECK(1, table->write(self, GRAFT_LOG_WARN, S("a\nb\x1b[2J")) == GRAFT_OK);
    CHECK(2, table->write(self, 9, S("x")) == GRAFT_INVALID);
    CHECK(3, table->write(self, GRAFT_LOG_TRACE, S("below the level")) == GRAFT_OK);)")),
      0);
  EXPECT_THAT(host.lines, ElementsAre("3 [noisy] a\\nb\\x1b[2J"));
}

TEST(Services, ABundleThatFloodsTheLogLosesLinesAndTheLogSaysHowMany) {
  ServicesConfig services;
  services.log = {.lines_per_second = 10, .burst = 5, .line_bytes = 100};
  Host host(std::move(services));
  const std::string flood = asks("graft_log", R"(int through = 0, dropped = 0;
    for (int line = 0; line < 20; ++line) { graft_status status = table->write(self, GRAFT_LOG_INFO, S("x"));
      through += status == GRAFT_OK; dropped += status == GRAFT_BUSY; }
    return through * 100 + dropped;)");
  EXPECT_EQ(host.run("noisy", flood), 515);
  host.clock.advance(100ms);
  EXPECT_EQ((*host.runtime->bind<test_number>())->number(), 119);
  EXPECT_THAT(host.lines, Contains("3 [noisy] 15 lines were dropped: more than 10 a second"));
  EXPECT_EQ(host.calls("log.write").failed, 15u + 19);
}

TEST(Services, ALineThatIsTooLongIsRefusedAndSaysSo) {
  Host host;
  EXPECT_EQ(
      host.run("noisy", asks("graft_log", R"(static char line[8193]; graft_str text = {line, sizeof line}; char why[200];
    for (unsigned i = 0; i < sizeof line; ++i) line[i] = 'x';
    CHECK(1, table->write(self, GRAFT_LOG_INFO, text) == GRAFT_PAYLOAD_LIMIT);
    graft_self.last_error(&graft_self, why, sizeof why);
    CHECK(2, !strcmp(why, "a line of 8193 bytes is not logged, at most 8192 are"));
    text.size = 8192;
    CHECK(3, table->write(self, GRAFT_LOG_INFO, text) == GRAFT_OK);)")),
      0);
}

TEST(Services, TimeIsTheHosts) {
  ServicesConfig services;
  services.wall_ns = [] { return std::int64_t{1'700'000'000'000'000'001}; };
  Host host(std::move(services));
  EXPECT_EQ(host.run("clock", asks("graft_time", R"(CHECK(1, table->monotonic_ns(self) == 1000000000u);
    CHECK(2, table->wall_ns(self) == 1700000000000000001);)")),
            0);
  host.clock.advance(1ms);
  EXPECT_EQ((*host.runtime->bind<test_number>())->number(), 1);
}

TEST(Services, KeysAndValuesAreTheBundlesOwnAndOutliveItsCode) {
  Host host;
  EXPECT_EQ(
      host.run("keeper",
               asks("graft_kv", R"(char out[8]; size_t size = 99; int64_t sum = 0; graft_str old = S("v"), fresh = S("w");
    CHECK(1, table->get(self, S("k"), out, sizeof out, &size) == GRAFT_NOT_FOUND);
    CHECK(2, table->set(self, S("k"), S("value"), GRAFT_KV_FOREVER) == GRAFT_OK);
    CHECK(3, table->get(self, S("k"), out, 4, &size) == GRAFT_EXHAUSTED && size == 5);
    CHECK(4, table->get(self, S("k"), out, 5, &size) == GRAFT_OK && !memcmp(out, "value", 5));
    CHECK(5, table->increment(self, S("n"), 40, 0) == GRAFT_OK && table->increment(self, S("n"), 2, &sum) == GRAFT_OK && sum == 42);
    CHECK(6, table->compare_and_set(self, S("c"), 0, &old, 0) == GRAFT_OK);
    CHECK(7, table->compare_and_set(self, S("c"), 0, &fresh, 0) == GRAFT_CONFLICT);
    CHECK(8, table->compare_and_set(self, S("c"), &old, &fresh, 0) == GRAFT_OK);
    CHECK(9, table->compare_and_set(self, S("c"), &fresh, 0, 0) == GRAFT_OK);
    CHECK(10, table->remove(self, S("c")) == GRAFT_NOT_FOUND);
    CHECK(11, table->get(self, S("k"), out, sizeof out, 0) == GRAFT_INVALID);
    CHECK(12, table->list(self, S(""), 0, 0) == GRAFT_INVALID);)")),
      0);
  EXPECT_EQ(
      host.run("keeper",
               asks("graft_kv",
                    R"(graft_buf value = {0}; graft_status status = graft_kv_read(&graft_self, &service, S("k"), &value);
    CHECK(1, status == GRAFT_OK && value.size == 5 && !memcmp(value.data, "value", 5)); graft_buf_free(&graft_self, &value);)")),
      0);
  EXPECT_EQ(*host.runtime->kv()->space("keeper").get("k"), "value");
  EXPECT_EQ(host.calls("kv.get").ok, 1u + 1);
  EXPECT_EQ(host.calls("kv.get").failed, 2u + 1 + 1); // the buffer of the second text was too small at first
}

TEST(Services, AListCallsForEachKeyAndMayWriteMeanwhile) {
  Host host;
  std::string text = asks("graft_kv", R"(char seen[32] = "";
    for (int i = 3; i > 0; --i) { char key[8]; snprintf(key, sizeof key, "p%d", i); CHECK(i, table->set(self, S(key), S(""), 0) == GRAFT_OK); }
    CHECK(4, table->list(self, S("p"), each, seen) == GRAFT_OK);
    CHECK(5, !strcmp(seen, "p1p2p3"));)");
  text.insert(text.find("static int32_t run"), R"(static void each(graft_str key, void *context) {
    strncat((char *)context, key.data, key.size);
    ((const graft_kv *)service.table)->remove(service.self, key);
  }
)");
  EXPECT_EQ(host.run("keeper", text), 0);
  EXPECT_THAT(host.runtime->kv()->space("keeper").keys(), IsEmpty());
}

// FIPS 180-4, RFC 7693 and RFC 4231.
TEST(Services, HashesAreThePublishedOnes) {
  Host host;
  EXPECT_EQ(host.run("hasher", asks("graft_crypto", R"(
    uint8_t out[64]; char text[129]; graft_str none = {0, 0};
#define HEX(size) do { for (int i = 0; i < size; ++i) snprintf(text + 2 * i, 3, "%02x", out[i]); } while (0)
    CHECK(1, table->sha256(self, S("abc"), out) == GRAFT_OK); HEX(32);
    CHECK(2, !strcmp(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    CHECK(3, table->sha256(self, none, out) == GRAFT_OK); HEX(32);
    CHECK(4, !strcmp(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    CHECK(5, table->sha512(self, S("abc"), out) == GRAFT_OK); HEX(64);
    CHECK(6, !strcmp(text, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"));
    CHECK(7, table->blake2b(self, S("abc"), none, out, 64) == GRAFT_OK); HEX(64);
    CHECK(8, !strcmp(text, "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"));
    CHECK(9, table->blake2b(self, S("abc"), none, out, 15) == GRAFT_INVALID);
    CHECK(10, table->hmac_sha256(self, S("Jefe"), S("what do ya want for nothing?"), out) == GRAFT_OK); HEX(32);
    CHECK(11, !strcmp(text, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    CHECK(12, table->hmac_sha512(self, S("Jefe"), S("what do ya want for nothing?"), out) == GRAFT_OK); HEX(64);
    CHECK(13, !strcmp(text, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"));
    CHECK(14, table->sha256(self, S("abc"), 0) == GRAFT_INVALID);)")),
            0);
}

TEST(Services, RandomBytesDifferAndEqualOnesAreFound) {
  Host host;
  EXPECT_EQ(host.run("dice", asks("graft_crypto", R"(static char a[64], b[64]; graft_str one = {a, 64}, other = {b, 64};
    CHECK(1, table->random(self, a, 64) == GRAFT_OK && table->random(self, b, 64) == GRAFT_OK);
    CHECK(2, !table->equal(self, one, other));
    memcpy(b, a, 64);
    CHECK(3, table->equal(self, one, other) && !table->equal(self, one, (graft_str){a, 63}));
    CHECK(4, table->random(self, a, (1 << 20) + 1) == GRAFT_PAYLOAD_LIMIT);
    CHECK(5, table->random(self, 0, 0) == GRAFT_OK && table->random(self, 0, 1) == GRAFT_INVALID);)")),
            0);
}

const std::string kCounting = R"(uint64_t served, load, took, again; graft_str labels[] = {S("route"), S("/\"cart\"\n")};
    CHECK(1, table->series(self, GRAFT_COUNTER, S("served"), labels, 2, &served) == GRAFT_OK);
    CHECK(2, table->series(self, GRAFT_GAUGE, S("load"), 0, 0, &load) == GRAFT_OK);
    CHECK(3, table->series(self, GRAFT_HISTOGRAM, S("took_seconds"), 0, 0, &took) == GRAFT_OK);
    CHECK(4, table->series(self, GRAFT_COUNTER, S("served"), labels, 2, &again) == GRAFT_OK && again == served);
    CHECK(5, table->add(self, served, 2) == GRAFT_OK && table->add(self, served, 0.5) == GRAFT_OK);
    CHECK(6, table->add(self, load, -3) == GRAFT_OK && table->set(self, load, 4) == GRAFT_OK);
    CHECK(7, table->observe(self, took, 0.25) == GRAFT_OK && table->observe(self, took, 0.75) == GRAFT_OK);)";

const MetricSample *sample_of(const std::vector<MetricFamily> &families, std::string_view name) {
  const auto found = std::ranges::find(families, name, &MetricFamily::name);
  return found != families.end() && !found->samples.empty() ? &found->samples[0] : nullptr;
}

TEST(Services, WhatAPluginCountsIsInTheHostsMetricsAndSurvivesAReload) {
  Host host;
  EXPECT_EQ(host.run("counter", asks("graft_metrics", kCounting)), 0);
  EXPECT_EQ(host.run("counter", asks("graft_metrics", kCounting)), 0);
  const std::vector<MetricFamily> families = host.runtime->metrics();
  const MetricSample *served = sample_of(families, "plugin_served_total");
  ASSERT_NE(served, nullptr);
  EXPECT_EQ(served->value, 5);
  EXPECT_EQ(served->labels, (MetricLabels{{"bundle", "counter"}, {"route", "/\"cart\"\n"}}));
  EXPECT_EQ(sample_of(families, "plugin_load")->value, 4);
  EXPECT_EQ(sample_of(families, "plugin_took_seconds")->value, 2.0);
  EXPECT_EQ(sample_of(families, "plugin_took_seconds")->histogram.count(), 4u);
}

TEST(Services, AMetricThatIsUsedWronglyIsRefused) {
  ServicesConfig services;
  services.series = 3;
  Host host(std::move(services));
  EXPECT_EQ(host.run("counter", asks("graft_metrics", kCounting + R"(
    graft_str twice[] = {S("a"), S("1"), S("a"), S("2")}, own[] = {S("bundle"), S("x")};
    CHECK(20, table->add(self, served, -1) == GRAFT_INVALID && table->set(self, served, 1) == GRAFT_INVALID);
    CHECK(21, table->add(self, took, 1) == GRAFT_INVALID && table->observe(self, load, 1) == GRAFT_INVALID);
    CHECK(22, table->observe(self, took, -1) == GRAFT_INVALID && table->observe(self, took, 2e10) == GRAFT_INVALID);
    CHECK(23, table->add(self, 0, 1) == GRAFT_INVALID && table->add(self, 4, 1) == GRAFT_INVALID && table->add(self, 99, 1) == GRAFT_INVALID);
    CHECK(24, table->series(self, GRAFT_GAUGE, S("9lives"), 0, 0, &again) == GRAFT_INVALID);
    CHECK(25, table->series(self, 7, S("x"), 0, 0, &again) == GRAFT_INVALID);
    CHECK(26, table->series(self, GRAFT_GAUGE, S("x"), twice, 4, &again) == GRAFT_INVALID);
    CHECK(27, table->series(self, GRAFT_GAUGE, S("x"), own, 2, &again) == GRAFT_INVALID);
    graft_str latin[] = {S("user"), S("J\xfcrgen")}, half[] = {S("user"), S("J\xc3")}, surrogate[] = {S("user"), S("\xed\xa0\x80")};
    CHECK(30, table->series(self, GRAFT_GAUGE, S("x"), latin, 2, &again) == GRAFT_INVALID);
    CHECK(31, table->series(self, GRAFT_GAUGE, S("x"), half, 2, &again) == GRAFT_INVALID);
    CHECK(32, table->series(self, GRAFT_GAUGE, S("x"), surrogate, 2, &again) == GRAFT_INVALID);
    CHECK(28, table->series(self, GRAFT_GAUGE, S("x"), own, 1, &again) == GRAFT_INVALID);
    CHECK(29, table->series(self, GRAFT_GAUGE, S("one_more"), 0, 0, &again) == GRAFT_EXHAUSTED);)")),
            0);
}

TEST(Services, NoTwoMetricsAreExportedByOneName) {
  Host host;
  EXPECT_EQ(host.run("counter", asks("graft_metrics", R"(uint64_t number;
    CHECK(1, table->series(self, GRAFT_COUNTER, S("x"), 0, 0, &number) == GRAFT_OK);
    CHECK(2, table->series(self, GRAFT_COUNTER, S("x_total"), 0, 0, &number) == GRAFT_CONFLICT);
    CHECK(3, table->series(self, GRAFT_GAUGE, S("x_total"), 0, 0, &number) == GRAFT_CONFLICT);
    CHECK(4, table->series(self, GRAFT_HISTOGRAM, S("y"), 0, 0, &number) == GRAFT_OK);
    CHECK(5, table->series(self, GRAFT_GAUGE, S("y_count"), 0, 0, &number) == GRAFT_CONFLICT);
    CHECK(6, table->series(self, GRAFT_GAUGE, S("z_sum"), 0, 0, &number) == GRAFT_OK);
    CHECK(7, table->series(self, GRAFT_HISTOGRAM, S("z"), 0, 0, &number) == GRAFT_CONFLICT);
    CHECK(8, table->series(self, GRAFT_COUNTER, S("x"), 0, 0, &number) == GRAFT_OK);)")),
            0);
}

TEST(Services, ANameIsOfOneKindInAllBundles) {
  Host host;
  EXPECT_EQ(host.run("counter", asks("graft_metrics", kCounting)), 0);
  const std::string other = asks("graft_metrics", R"(uint64_t number;
    CHECK(1, table->series(self, GRAFT_GAUGE, S("served"), 0, 0, &number) == GRAFT_CONFLICT);)");
  ASSERT_THAT(host.runtime->unload("counter"), Succeeds());
  EXPECT_EQ(host.run("other", other), 0);
}

} // namespace
} // namespace graft
