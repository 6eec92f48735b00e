/* The hooks of a proxy as a plugin in C provides them, with another language's compilers reading the same file: abi/hook.h
 * and the whole pack, without a warning, as any standard. */
#include <graft/abi.h>
#include <graft/abi/layout.h>
#include <graft/proxy.h>

static graft_status run(graft_hook_context *context, proxy_query *query, proxy_pre_query_decision *decision) {
  graft_str tenant;
  if (graft_attribute_get(context, graft_str_of("tenant"), &tenant) != GRAFT_OK) return GRAFT_OK;
  query->query = graft_arena_text(context->arena, tenant.data, tenant.size);
  decision->action = PROXY_PRE_QUERY_REWRITE;
  return graft_attribute_set(context, graft_str_of("seen"), tenant);
}

GRAFT_PROVIDE(pre_query, {.run = run});

static graft_status look(graft_hook_context *context, proxy_outcome *outcome, graft_no_decision *decision) {
  (void)context, (void)decision;
  return outcome->status == PROXY_DONE ? GRAFT_OK : GRAFT_INVALID;
}

GRAFT_PROVIDE(post_query, {.run = look});
