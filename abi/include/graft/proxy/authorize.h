/* May this identity do that? Nobody decides: the host's own rule. */
#ifndef GRAFT_PROXY_AUTHORIZE_H
#define GRAFT_PROXY_AUTHORIZE_H

#include "types.h"

enum {
  PROXY_AUTHORIZE_ALLOW = 1,
  PROXY_AUTHORIZE_DENY = 2 /* with `reason` */
};

typedef struct proxy_access {
  uint32_t struct_size;
  uint32_t reserved;
  const proxy_identity *identity; /* null: nobody */
  graft_str operation;            /* "select", "write", "admin" */
  graft_str resource;
  const proxy_query *query; /* null where it is about no query */
} proxy_access;

typedef struct proxy_authorize_decision {
  uint32_t struct_size;
  uint32_t action;
  graft_str reason;
} proxy_authorize_decision;

GRAFT_HOOK(authorize, "proxy.authorize", 1, 0, GRAFT_FIRST_DECISIVE(PROXY_AUTHORIZE_DENY, PROXY_AUTHORIZE_DENY)) {
  graft_status (*run)(graft_hook_context *context, proxy_access *access, proxy_authorize_decision *decision);
};

#endif
