/* How a hook is declared: a named point of the host at which several plugins run as a chain. A hook is a contract with a rule.
 *
 *     typedef struct save_request { uint32_t struct_size; uint32_t reserved; graft_str path; } save_request;
 *     enum { SAVE_REFUSE = 1 };
 *     typedef struct save_decision { uint32_t struct_size; uint32_t action; graft_str reason; } save_decision;
 *
 *     GRAFT_HOOK(before_save, "app.before_save", 1, 0, GRAFT_FIRST_DECISIVE(SAVE_REFUSE, SAVE_REFUSE)) {
 *       graft_status (*run)(graft_hook_context *context, save_request *save, save_decision *decision);
 *     };
 *
 * Plugins provide it with GRAFT_PROVIDE, any number of them; the host runs them with `graft::Hook` (graft/hook.hpp), those with the higher
 * priority first. The struct has exactly that one function, under any name. `payload` and `decision` begin with their size, which only
 * grows; the decision's second member is `uint32_t action`, and 0 means that nothing was decided. A status other than GRAFT_OK says that
 * the plugin failed: payload, decision and attributes are then as if it had not been called. */
#ifndef GRAFT_ABI_HOOK_H
#define GRAFT_ABI_HOOK_H

#include "arena.h"
#include "contract.h"

GRAFT_C_BEGIN

typedef enum graft_hook_rule {
  GRAFT_RULE_FIRST_DECISIVE = 1, /* each meets the payload of the host; the first that decides ends the chain */
  GRAFT_RULE_FOLD = 2,           /* each meets the payload and the decision as the one before it left them; a final action ends the chain */
  GRAFT_RULE_OBSERVE = 3         /* everyone is told, nobody decides */
} graft_hook_rule;

/* A hook's rule with its numbers. Actions go from 1 to `last`; those from `first_final` on end a chain; `deny` is what the chain decides
 * where a plugin fails that must not be missed (`fail_closed`), 0 when the hook has no such action. */
typedef struct graft_hook_info {
  uint32_t struct_size;
  uint32_t rule;
  uint32_t last;
  uint32_t first_final;
  uint32_t deny;
} graft_hook_info;

#define GRAFT_FIRST_DECISIVE(last, deny) GRAFT_RULE_FIRST_DECISIVE, (last), 1, (deny)
#define GRAFT_FOLD(last, first_final, deny) GRAFT_RULE_FOLD, (last), (first_final), (deny)
#define GRAFT_OBSERVE GRAFT_RULE_OBSERVE, 0, 1, 0

/* One attribute of a request, in front of those that were set before it. Frozen; read by graft_attribute_get. */
typedef struct graft_attribute {
  const struct graft_attribute *older;
  graft_str name;
  graft_str value;
} graft_attribute;

/* What all plugins share that are called about one request: in one chain, and in all chains that the host runs for it, one after
 * another. Borrowed until the request ends, and so is all memory of its arena. One thread at a time. */
typedef struct graft_hook_context {
  uint32_t struct_size;
  uint32_t reserved;
  graft_str request;                 /* names the request: the same in all its hooks, another for each request; 32 hexadecimal digits */
  graft_arena *arena;                /* for what a plugin returns: text, arrays, what its decision points at */
  const graft_attribute *attributes; /* the newest; null while there are none */
} graft_hook_context;

/* The decision of a hook that has none. */
typedef struct graft_no_decision {
  uint32_t struct_size;
  uint32_t action;
} graft_no_decision;

/* The value that was set last under a name, by the host or by a plugin that was called earlier. GRAFT_NOT_FOUND leaves the empty view.
 * Borrowed until the request ends. */
static inline graft_status graft_attribute_get(const graft_hook_context *context, graft_str name, graft_str *value) {
  const graft_attribute *attribute = context->attributes;
  for (; attribute; attribute = attribute->older)
    if (attribute->name.size == name.size && (name.size == 0 || memcmp(attribute->name.data, name.data, name.size) == 0)) {
      *value = attribute->value;
      return GRAFT_OK;
    }
  value->data = NULL;
  value->size = 0;
  return GRAFT_NOT_FOUND;
}

/* Sets an attribute for whoever is called later about this request. Name and value are copied. GRAFT_EXHAUSTED. */
static inline graft_status graft_attribute_set(graft_hook_context *context, graft_str name, graft_str value) {
  graft_attribute *attribute = (graft_attribute *)graft_arena_alloc(context->arena, sizeof *attribute, sizeof(void *));
  if (!attribute) return GRAFT_EXHAUSTED;
  attribute->older = context->attributes;
  attribute->name = graft_arena_text(context->arena, name.data, name.size);
  attribute->value = graft_arena_text(context->arena, value.data, value.size);
  if (attribute->name.size != name.size || attribute->value.size != value.size) return GRAFT_EXHAUSTED;
  context->attributes = attribute;
  return GRAFT_OK;
}

GRAFT_C_END

/* Declares hook `tag`, found everywhere as "NAME" at `major`.`minor`. What follows the version is the rule, one of the three above. */
#define GRAFT_HOOK(tag, name, major, minor, ...)                                                          \
  GRAFT_CONTRACT_NAME_(tag, name, major, minor)                                                           \
  __attribute__((unused)) static const graft_hook_info graft_hook_##tag = {sizeof(graft_hook_info),       \
                                                                           __VA_ARGS__};                  \
  GRAFT_CXX(extern "C++" constexpr graft_hook_info graft_hook_of(const tag *) noexcept {                  \
    return {sizeof(graft_hook_info), __VA_ARGS__};                                                        \
  })                                                                                                      \
  struct GRAFT_ANNOTATE("graft.contract", "" name, (major), (minor)) GRAFT_ANNOTATE("graft.hook", __VA_ARGS__) tag

#endif
