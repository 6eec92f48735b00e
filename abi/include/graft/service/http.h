/* Host contract "graft.http": requests to servers that the host allows this bundle.
 *
 * The address is brought into one form before it is held against what is allowed, and that form is what is asked for. Who
 * answers with a redirection is not followed. */
#ifndef GRAFT_SERVICE_HTTP_H
#define GRAFT_SERVICE_HTTP_H

#include "../abi/service.h"

GRAFT_C_BEGIN

typedef struct graft_http_request {
  uint32_t struct_size;
  uint32_t timeout_ms;      /* 0: the host's default, which is also the most */
  graft_str method;         /* "GET", "POST" */
  graft_str url;            /* http or https */
  const graft_str *headers; /* names and values in turn */
  uint64_t header_count;    /* of names and values together */
  graft_str body;
} graft_http_request;

typedef struct graft_http_response {
  uint32_t struct_size;
  uint32_t status;   /* 200, 404 */
  graft_buf headers; /* one a line, "name: value" */
  graft_buf body;
} graft_http_response;

GRAFT_C_END

GRAFT_CONTRACT(graft_http, "graft.http", 1, 0) {
  /* Sends a request and waits for the answer; the caller frees both buffers. GRAFT_REFUSED: the host does not allow that
   * server or path. GRAFT_INVALID: no address, method or header. GRAFT_TIMEOUT. GRAFT_PAYLOAD_LIMIT: too much either way.
   * GRAFT_ENVIRONMENT: the server cannot be reached. GRAFT_UNSUPPORTED: this host has no client. [any thread] */
  graft_status (*send)(void *self, const graft_http_request *request, graft_http_response *response);
};

#endif
