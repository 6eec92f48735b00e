/* Who is this client? The first that knows says so; nobody: the host asks its backend. */
#ifndef GRAFT_PROXY_AUTHENTICATE_H
#define GRAFT_PROXY_AUTHENTICATE_H

#include "types.h"

enum {
  PROXY_AUTHENTICATE_SUCCESS = 1, /* with `identity`, which is not null */
  PROXY_AUTHENTICATE_DENIED = 2   /* with `reason` */
};

typedef struct proxy_auth_request {
  uint32_t struct_size;
  uint32_t header_count;
  const proxy_pair *headers;
  graft_str username;
  graft_str password;
  graft_str client_ip;
  graft_str database;
} proxy_auth_request;

typedef struct proxy_auth_decision {
  uint32_t struct_size;
  uint32_t action;
  const proxy_identity *identity;
  graft_str reason;
} proxy_auth_decision;

GRAFT_HOOK(authenticate, "proxy.authenticate", 1, 0,
           GRAFT_FIRST_DECISIVE(PROXY_AUTHENTICATE_DENIED, PROXY_AUTHENTICATE_DENIED)) {
  graft_status (*run)(graft_hook_context *context, proxy_auth_request *request, proxy_auth_decision *decision);
};

#endif
