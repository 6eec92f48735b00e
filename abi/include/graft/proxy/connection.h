/* A client comes and goes. */
#ifndef GRAFT_PROXY_CONNECTION_H
#define GRAFT_PROXY_CONNECTION_H

#include "types.h"

enum {
  PROXY_CONNECT_REJECT = 1 /* with `reason` */
};

typedef struct proxy_connection {
  uint32_t struct_size;
  uint32_t reserved;
  graft_str client_id;
  graft_str client_ip;
  graft_str database;
  const proxy_identity *identity; /* null before the client is known */
} proxy_connection;

typedef struct proxy_connect_decision {
  uint32_t struct_size;
  uint32_t action;
  graft_str reason;
} proxy_connect_decision;

typedef struct proxy_disconnection {
  uint32_t struct_size;
  uint32_t reserved;
  const proxy_connection *connection;
  graft_str reason;
  uint64_t queries;
} proxy_disconnection;

GRAFT_HOOK(on_connect, "proxy.on_connect", 1, 0, GRAFT_FIRST_DECISIVE(PROXY_CONNECT_REJECT, PROXY_CONNECT_REJECT)) {
  graft_status (*run)(graft_hook_context *context, proxy_connection *connection, proxy_connect_decision *decision);
};

GRAFT_HOOK(on_disconnect, "proxy.on_disconnect", 1, 0, GRAFT_OBSERVE) {
  graft_status (*run)(graft_hook_context *context, proxy_disconnection *disconnection, graft_no_decision *decision);
};

#endif
