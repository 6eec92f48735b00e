/* Whatever a proxy and its plugins agree on, under a name. */
#ifndef GRAFT_PROXY_CUSTOM_H
#define GRAFT_PROXY_CUSTOM_H

#include "types.h"

enum {
  PROXY_CUSTOM_ANSWERED = 1 /* with `data` */
};

typedef struct proxy_custom_request {
  uint32_t struct_size;
  uint32_t reserved;
  graft_str name;
  graft_str data;
} proxy_custom_request;

typedef struct proxy_custom_decision {
  uint32_t struct_size;
  uint32_t action;
  graft_str data;
} proxy_custom_decision;

GRAFT_HOOK(custom_hook, "proxy.custom", 1, 0, GRAFT_FIRST_DECISIVE(PROXY_CUSTOM_ANSWERED, 0)) {
  graft_status (*run)(graft_hook_context *context, proxy_custom_request *request, proxy_custom_decision *decision);
};

#endif
