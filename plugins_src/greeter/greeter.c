/* Greets whoever is named. Edit the word below, save, and the next call says it. */
#include "greeter.h"

static graft_status greet(graft_str name, graft_buf *out) {
  graft_status status;
  if (name.size == 0) return GRAFT_INVALID;
  status = graft_buf_append_text(&graft_self, out, "Hello, ");
  if (status == GRAFT_OK) status = graft_buf_append(&graft_self, out, name.data, name.size);
  if (status == GRAFT_OK) status = graft_buf_append_text(&graft_self, out, "!");
  return status;
}

GRAFT_PROVIDE(greeter, {.greet = greet});
