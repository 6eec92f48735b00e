/* What the hooks of a database proxy speak about: queries, identities, rows. Strings and arrays are borrowed until the
 * request ends; what a plugin hands back lies in the arena of the request, or is constant.
 *
 * The runtime knows none of this: the pack is a header family like any host's own, and graft/proxy.hpp is the host's half of
 * it. */
#ifndef GRAFT_PROXY_TYPES_H
#define GRAFT_PROXY_TYPES_H

#include "../abi/hook.h"

GRAFT_C_BEGIN

/* A header of a request, a claim of an identity, a label of a measurement. Frozen. */
typedef struct proxy_pair {
  graft_str name;
  graft_str value;
} proxy_pair;

/* Who asks. The host keeps it for as long as the client is connected and shows it to all later hooks, claims included. */
typedef struct proxy_identity {
  uint32_t struct_size;
  uint32_t role_count;
  graft_str user_id;
  graft_str username;
  graft_str tenant_id; /* empty: none */
  const graft_str *roles;
  const proxy_pair *claims;
  uint64_t claim_count;
} proxy_identity;

/* A query on its way. Empty strings are what the host does not know. */
typedef struct proxy_query {
  uint32_t struct_size;
  uint32_t is_read_only;
  graft_str query;
  graft_str normalized;
  const graft_str *tables;
  uint64_t table_count;
  graft_str client_id;
  graft_str database;
  graft_str branch;
  const proxy_identity *identity; /* null before the client is known */
} proxy_query;

/* A column of a result; `oid` is the type as PostgreSQL numbers it, 25 for text. Frozen. */
typedef struct proxy_column {
  graft_str name;
  uint64_t oid;
} proxy_column;

/* A whole result: `cells` holds `row_count` times `column_count` texts, row after row; null data is NULL. */
typedef struct proxy_rows {
  uint32_t struct_size;
  uint32_t column_count;
  const proxy_column *columns;
  const graft_str *cells;
  uint64_t row_count;
} proxy_rows;

GRAFT_C_END

#endif
