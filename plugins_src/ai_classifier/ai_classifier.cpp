// Tells queries of programs that write their own SQL from others: in attributes of the request, for the plugins behind it,
// and, for a minute, in the store, for people. It blocks nothing.
#include "classifier.hpp"
#include "json_writer.hpp"
#include "kv_view.hpp"

#include <graft/proxy/pre_query.h>

#include <atomic>

static graft_service service = {};
static std::atomic<bool> has_warned = false;             // relaxed: orders nothing, one warning is enough
static constexpr std::uint64_t kLiveNs = 60'000'000'000; // one key a request, and not for ever

extern "C" graft_status graft_init(const graft_host *host, const graft_init_context *) {
  return GRAFT_SERVICE(host, graft_kv, &service);
}

static graft_status note(graft_hook_context *context, const classifier::Finding &finding) {
  for (const auto &[name, value] : {std::pair<std::string_view, std::string_view>("helios.ai_traffic", "true"),
                                    {"agent_id", finding.agent},
                                    {"model_id", finding.model}}) {
    if (value.empty()) continue;
    if (const graft_status status = graft_attribute_set(context, store::of(name), store::of(value)); status != GRAFT_OK)
      return status;
  }
  json::Writer record;
  record.flag("ai_traffic", true);
  record.text("agent_id", finding.agent);
  record.text("model_id", finding.model);
  const graft_status kept =
      store::Kv(service).set("req:" + std::string(store::view(context->request)), std::move(record).done(), kLiveNs);
  if (kept != GRAFT_OK && !has_warned.exchange(true, std::memory_order_relaxed))
    graft_self.log(&graft_self, GRAFT_LOG_WARN,
                   graft_str_of("a finding was not kept: the store is full; this is said once"));
  return GRAFT_OK; // the attributes are what counts
}

static graft_status run(graft_hook_context *context, proxy_query *query, proxy_pre_query_decision *) {
  const classifier::Finding finding =
      classifier::classify(store::attribute(context, "app_name"), store::view(query->query),
                           store::attribute(context, "helios.ai_traffic") == "true", store::attribute(context, "agent_id"),
                           store::attribute(context, "model_id"));
  return finding.is_ai ? note(context, finding) : GRAFT_OK;
}

GRAFT_PROVIDE(pre_query, {.run = run});
