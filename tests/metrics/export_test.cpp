// What is exported: as Prometheus reads it, as JSON, and what stands in it after loads, reloads and failures.
#include "bundles.hpp"
#include "matchers.hpp"
#include "temp_folder.hpp"

#include <graft/runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

struct save_request {
  uint32_t struct_size;
  uint32_t size;
};
struct save_decision {
  uint32_t struct_size;
  uint32_t action;
};
GRAFT_HOOK(before_save, "app.before_save", 1, 0, GRAFT_FIRST_DECISIVE(1, 1)) {
  graft_status (*save)(graft_hook_context *context, save_request *payload, save_decision *decision);
};

namespace graft {
namespace {

using test::Succeeds;
using testing::HasSubstr;
using testing::Not;

MetricFamily latency() {
  Histogram histogram;
  for (const std::uint64_t value : {100u, 200u, 256u, 257u, 70'000u}) histogram.record(value);
  MetricFamily family{"app_latency_seconds", "How long it took", MetricKind::kHistogram, {}};
  family.samples.push_back({{{"hook", "pre"}}, 0.5, histogram.snapshot()});
  return family;
}

TEST(Prometheus, ACounterIsAFamilyWithItsSamples) {
  const MetricFamily family{
      "app_calls_total", "Calls\nof \\ all", MetricKind::kCounter, {{{{"bundle", "a"}}, 3, {}}, {{}, 0.5, {}}}};
  EXPECT_EQ(to_prometheus({family}), "# HELP app_calls_total Calls\\nof \\\\ all\n# TYPE app_calls_total counter\n"
                                     "app_calls_total{bundle=\"a\"} 3\napp_calls_total 0.5\n");
}

TEST(Prometheus, LabelsAreEscaped) {
  const MetricFamily family{"app_info", "About", MetricKind::kGauge, {{{{"path", "a\"b\\c\nd"}}, 1, {}}}};
  EXPECT_THAT(to_prometheus({family}), HasSubstr("app_info{path=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(Prometheus, AHistogramIsCumulativeAndEndsInAllOfIt) {
  const std::string text = to_prometheus({latency()});
  EXPECT_THAT(text, HasSubstr("app_latency_seconds_bucket{hook=\"pre\",le=\"2.56e-07\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("le=\"4.096e-06\"} 4\n"));
  EXPECT_THAT(
      text,
      HasSubstr("le=\"+Inf\"} 5\napp_latency_seconds_sum{hook=\"pre\"} 0.5\napp_latency_seconds_count{hook=\"pre\"} 5\n"));
}

TEST(Prometheus, WhatBucketsAreTooCoarseForQuantilesSay) {
  Histogram histogram;
  for (std::uint64_t us = 10'000; us <= 20'000; ++us) histogram.record(us * 1'000);
  MetricFamily family{"app_latency_seconds", "How long it took", MetricKind::kHistogram, {}};
  family.samples.push_back({{{"hook", "pre"}}, 0.5, histogram.snapshot()});
  const std::string text = to_prometheus({family});
  EXPECT_THAT(text, HasSubstr("# TYPE app_latency_seconds_quantiles summary\n"));
  for (const auto &[quantile, expected] : {std::pair("0.5", 0.015), {"0.9", 0.019}, {"0.99", 0.0199}, {"1", 0.02}}) {
    const std::string line = "app_latency_seconds_quantiles{hook=\"pre\",quantile=\"" + std::string(quantile) + "\"} ";
    const auto at = text.find(line);
    ASSERT_NE(at, text.npos) << text;
    EXPECT_NEAR(std::stod(text.substr(at + line.size())), expected, expected * 0.03);
  }
}

TEST(Prometheus, QuantilesOfNothingAreLeftOut) {
  MetricFamily family{"app_latency_seconds", "How long it took", MetricKind::kHistogram, {{}}};
  EXPECT_THAT(to_prometheus({family}), Not(HasSubstr("quantile")));
}

TEST(Prometheus, NumbersThatAreNoneAreSpelledAsItWants) {
  const double infinite = std::numeric_limits<double>::infinity();
  const MetricFamily family{"app_load",
                            "Load",
                            MetricKind::kGauge,
                            {{{}, infinite, {}}, {{{"a", "b"}}, -infinite, {}}, {{{"a", "c"}}, std::nan(""), {}}}};
  EXPECT_THAT(to_prometheus({family}), HasSubstr("app_load +Inf\napp_load{a=\"b\"} -Inf\napp_load{a=\"c\"} NaN\n"));
}

TEST(Prometheus, AFamilyWithoutSamplesIsLeftOut) { EXPECT_EQ(to_prometheus({{"app_x", "X", MetricKind::kGauge, {}}}), ""); }

/// A runtime in which something of everything happened.
std::unique_ptr<Runtime> busy_runtime() {
  auto runtime = *Runtime::create();
  EXPECT_THAT(runtime->offer_services(), Succeeds());
  const std::string counts = test::kNumberContract + R"(#include <graft/service/services.h>
#include <graft/abi/util.h>
static graft_service metrics, kv;
graft_status graft_init(const graft_host *host, const graft_init_context *context) {
  (void)context;
  return GRAFT_SERVICE(host, graft_metrics, &metrics) | GRAFT_SERVICE(host, graft_kv, &kv);
}
static int32_t run(void) {
  const graft_metrics *table = (const graft_metrics *)metrics.table;
  graft_str labels[] = {graft_str_of("route"), graft_str_of("a\"b\\c\nd")};
  uint64_t served, took;
  graft_status status = table->series(metrics.self, GRAFT_COUNTER, graft_str_of("served"), labels, 2, &served);
  status |= table->series(metrics.self, GRAFT_HISTOGRAM, graft_str_of("took_seconds"), 0, 0, &took);
  status |= table->add(metrics.self, served, 1) | table->observe(metrics.self, took, 0.001);
  return status | ((const graft_kv *)kv.table)->set(kv.self, graft_str_of("k"), graft_str_of("v"), 0);
}
GRAFT_PROVIDE(number, {.number = run})
)";
  EXPECT_THAT(runtime->load(test::text("busy", counts)), Succeeds());
  EXPECT_EQ((*runtime->bind<test_number>())->number(), 0);
  EXPECT_THAT(runtime->reload(test::text("busy", counts + "int unused;\n")), Succeeds());
  EXPECT_FALSE(runtime->reload(test::text("busy", "int x = ;")));
  return runtime;
}

double value_of(const std::vector<MetricFamily> &families, std::string_view name, const MetricLabels &labels) {
  for (const MetricFamily &family : families)
    for (const MetricSample &sample : family.samples)
      if (family.name == name && sample.labels == labels)
        return family.kind == MetricKind::kHistogram ? static_cast<double>(sample.histogram.count()) : sample.value;
  return -1;
}

TEST(Metrics, SayWhatHappenedToABundle) {
  const auto runtime = busy_runtime();
  const auto families = runtime->metrics();
  const MetricLabels busy = {{"bundle", "busy"}};
  EXPECT_EQ(value_of(families, "graft_bundles", {}), 1);
  EXPECT_EQ(value_of(families, "graft_bundle_loads_total", busy), 1);
  EXPECT_EQ(value_of(families, "graft_bundle_reloads_total", busy), 1);
  EXPECT_EQ(value_of(families, "graft_bundle_failed_reloads_total", busy), 1);
  EXPECT_EQ(value_of(families, "graft_bundle_compile_seconds", busy), 2);
  EXPECT_EQ(value_of(families, "graft_bundle_cache_hits_total", busy), 0);
  EXPECT_EQ(value_of(families, "graft_bundle_generation", busy), static_cast<double>(runtime->bundles()[0].generation));
  EXPECT_GE(value_of(families, "graft_bundle_generations", busy), 1);
  EXPECT_GT(value_of(families, "graft_bundle_image_bytes", busy), 0);
  EXPECT_EQ(value_of(families, "graft_kv_keys", busy), 1);
  EXPECT_EQ(value_of(families, "graft_kv_bytes", busy), 2);
  EXPECT_EQ(value_of(families, "graft_service_calls_total", {{"function", "kv.set"}, {"outcome", "ok"}}), 1);
}

TEST(Metrics, SayWhatABundleDidInAHook) {
  auto runtime = *Runtime::create();
  const std::string refuses = R"(#include <graft/abi.h>
typedef struct save_request { uint32_t struct_size; uint32_t size; } save_request;
typedef struct save_decision { uint32_t struct_size; uint32_t action; } save_decision;
GRAFT_HOOK(before_save, "app.before_save", 1, 0, GRAFT_FIRST_DECISIVE(1, 1)) {
  graft_status (*save)(graft_hook_context *context, save_request *payload, save_decision *decision);
};
static graft_status save(graft_hook_context *context, save_request *payload, save_decision *decision) {
  (void)context;
  if (payload->size > 10) return GRAFT_INVALID;
  decision->action = 1;
  return GRAFT_OK;
}
GRAFT_PROVIDE(before_save, {.save = save})
)";
  ASSERT_THAT(runtime->load(test::text("guard", refuses)), Succeeds());
  auto hook = runtime->hook<before_save>();
  ASSERT_THAT(hook, Succeeds());
  HookRequest request(*runtime);
  for (const std::uint32_t size : {1u, 2u, 11u}) {
    save_request payload{.struct_size = 0, .size = size};
    save_decision decision{};
    EXPECT_EQ(hook->run(request, payload, decision).action, size > 10 ? 0u : 1u);
  }
  const auto families = runtime->metrics();
  EXPECT_EQ(value_of(families, "graft_hook_seconds", {{"bundle", "guard"}, {"hook", "app.before_save"}}), 3);
  EXPECT_EQ(value_of(families, "graft_hook_failures_total", {{"bundle", "guard"}, {"hook", "app.before_save"}, {"kind", to_string(CallFailure::kStatus)}}), 1);
  EXPECT_EQ(value_of(families, "graft_bundle_state", {{"bundle", "guard"}, {"state", "running"}}), 1);
}

TEST(Metrics, JsonSaysTheSame) {
  const auto json = nlohmann::json::parse(to_json(busy_runtime()->metrics()));
  EXPECT_EQ(json["plugin_served_total"]["kind"], "counter");
  EXPECT_EQ(json["plugin_served_total"]["samples"][0]["labels"]["route"], "a\"b\\c\nd");
  EXPECT_EQ(json["plugin_served_total"]["samples"][0]["value"], 1);
  EXPECT_EQ(json["plugin_took_seconds"]["samples"][0]["count"], 1);
  EXPECT_NEAR(json["plugin_took_seconds"]["samples"][0]["p99"], 0.001, 0.00003);
}

TEST(Metrics, PromtoolFindsNothingToSay) {
  if (std::system("promtool --version >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "promtool is not installed (Debian's package prometheus)";
  const test::TempFolder folder;
  std::vector<MetricFamily> families = busy_runtime()->metrics();
  families.push_back(latency());
  const std::string page = folder.write("metrics.txt", to_prometheus(families));
  const std::string said = folder / "said.txt";
  const int status = std::system(("promtool check metrics <'" + page + "' >'" + said + "' 2>&1").c_str());
  std::stringstream words;
  words << std::ifstream(said).rdbuf();
  EXPECT_EQ(status, 0) << words.str();
}

TEST(Metrics, AnUnloadEndsABundlesNumbers) {
  auto runtime = Runtime::create();
  ASSERT_THAT(runtime, Succeeds());
  ASSERT_THAT((*runtime)->offer_services({}), Succeeds());
  ASSERT_THAT((*runtime)->load(test::text("job-1", test::number_text(1).c_str())), Succeeds());
  EXPECT_THAT(to_prometheus((*runtime)->metrics()), HasSubstr("job-1"));
  ASSERT_THAT((*runtime)->unload("job-1"), Succeeds());
  EXPECT_THAT(to_prometheus((*runtime)->metrics()), Not(HasSubstr("job-1")));
}

} // namespace
} // namespace graft
