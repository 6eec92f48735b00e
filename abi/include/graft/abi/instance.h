/* Contracts whose providers have instances: state of which there may be many, made and ended through the runtime.
 *
 *     GRAFT_CONTRACT(counter, "demo.counter", 1, 0) {
 *       graft_status (*create)(const graft_instance_args *args, void **self);
 *       void (*destroy)(void *self);
 *       int32_t (*add)(void *self, int32_t number);
 *     };
 *     ...
 *     GRAFT_PROVIDE(counter, {.create = create, .destroy = destroy, .add = add});
 *     GRAFT_INSTANCE(counter, struct my_state);
 *
 * The runtime makes the memory, of the type that the provider names. It is zeroed when `create` gets it in `*self`, C++ constructs in it
 * with a placement new, and `destroy` ends what is in it, not the memory. While its type stays the same, an instance stays where it
 * is across a reload, and old and new code share it until the last old call returned; when the type changed, it is built anew as kept
 * variables are (keep.h), without `create` and `destroy`. */
#ifndef GRAFT_ABI_INSTANCE_H
#define GRAFT_ABI_INSTANCE_H

#include "types.h"

GRAFT_C_BEGIN

/* Names an instance of one runtime. Survives a reload, goes stale when the instance ends. All zero names nothing. Frozen. */
typedef struct graft_instance {
  uint32_t index;
  uint32_t runtime;
  uint64_t tag;
} graft_instance;

/* What an instance is made with. Borrowed until `create` returns. */
typedef struct graft_instance_args {
  uint32_t struct_size;
  uint32_t reserved;
  graft_str data; /* whatever bytes the two sides agreed on; empty when the caller gave none */
} graft_instance_args;

GRAFT_C_END

/* Says of what type the instances of this file's provider of contract `tag` are: one that is complete here. */
#define GRAFT_INSTANCE(tag, ...) \
  GRAFT_ANNOTATE("graft.instance", #tag) typedef __VA_ARGS__ graft_instance_of_##tag GRAFT_OPTIONAL_SEMICOLON

#endif
