// Holds programs that write their own SQL to a few rules (guardrail.hpp). Who they are, ai_classifier says before.
#include "guardrail.hpp"

#include <graft/abi.h>
#include <graft/proxy/pre_query.h>

#include <cstring>

static constexpr char kBegin[] = "llm-guardrail: ";

static graft_status run(graft_hook_context *context, proxy_query *query, proxy_pre_query_decision *decision) {
  graft_str ai = {};
  const graft_str name = graft_str_of("helios.ai_traffic");
  if (graft_attribute_get(context, name, &ai) != GRAFT_OK || std::string_view(ai.data, ai.size) != "true") return GRAFT_OK;
  const guardrail::Verdict verdict = guardrail::check({query->query.data, query->query.size});
  if (verdict == nullptr) return GRAFT_OK;
  const std::size_t size = sizeof kBegin - 1 + std::strlen(verdict);
  char *const reason = static_cast<char *>(graft_arena_alloc(context->arena, size, 1));
  if (reason == nullptr) return GRAFT_EXHAUSTED; // fail_closed
  std::memcpy(reason, kBegin, sizeof kBegin - 1);
  std::memcpy(reason + sizeof kBegin - 1, verdict, size - (sizeof kBegin - 1));
  decision->action = PROXY_PRE_QUERY_BLOCK;
  decision->reason = {reason, size};
  return GRAFT_OK;
}

GRAFT_PROVIDE(pre_query, {.run = run});
