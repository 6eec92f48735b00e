/* The hooks of a database proxy, all twelve. A plugin may as well include those that it takes part in, one by one.
 *
 *   authenticate, authorize, on_connect, on_disconnect       a client
 *   pre_query, rewrite, cache_get, route, cache_set, post_query   a query, in this order
 *   metrics, custom_hook                                     what else there is */
#ifndef GRAFT_PROXY_H
#define GRAFT_PROXY_H

#include "proxy/authenticate.h"
#include "proxy/authorize.h"
#include "proxy/cache.h"
#include "proxy/connection.h"
#include "proxy/custom.h"
#include "proxy/metrics.h"
#include "proxy/post_query.h"
#include "proxy/pre_query.h"
#include "proxy/rewrite.h"
#include "proxy/route.h"

#endif
