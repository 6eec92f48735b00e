/* The macros as a plugin in C uses them: designators in any order, a missing function, kept state, the context of
 * graft_init. */
#include "contracts.h"

#include <graft/abi/layout.h>

struct counters {
  uint64_t calls;
};
GRAFT_KEEP struct counters counters;
GRAFT_KEEP int depth = 3;

static graft_status describe(graft_str name, graft_buf *out) {
  counters.calls += (uint64_t)depth;
  return graft_buf_append(&graft_self, out, name.data, name.size);
}

static double area(double width, double height) { return width * height; }

GRAFT_PROVIDE(shapes, {.area = area, .describe = describe});

GRAFT_CONTRACT(empty_handed, "test.empty-handed", 1, 0) { int (*never)(void); };
GRAFT_PROVIDE(empty_handed, {0});

GRAFT_CONTRACT(counter, "test.counter", 1, 0) {
  graft_status (*create)(const graft_instance_args *args, void **self);
  void (*destroy)(void *self);
};
static graft_status create(const graft_instance_args *args, void **self) {
  ((struct counters *)*self)->calls = args->data.size;
  return GRAFT_OK;
}
static void destroy(void *self) { ((struct counters *)self)->calls = 0; }
GRAFT_PROVIDE(counter, {.create = create, .destroy = destroy});
GRAFT_INSTANCE(counter, struct counters);

graft_status graft_init(const graft_host *host, const graft_init_context *context) {
  graft_pin pin = {sizeof(graft_pin), 0, NULL};
  graft_handle handle;
  if (context->reason == GRAFT_REASON_RELOAD && context->previous.major != context->version.major) return GRAFT_INCOMPATIBLE;
  if (!graft_str_equal(context->bundle, graft_str_of("shapes"))) return GRAFT_INVALID;
  if (host->find(host, graft_str_of("test.shapes"), 2, 1, &handle) == GRAFT_OK &&
      host->resolve(host, handle, &pin) == GRAFT_OK)
    host->release(host, &pin);
  host->log(host, GRAFT_LOG_INFO, graft_str_of("ready"));
  return GRAFT_OK;
}

void graft_stop(void) {}
