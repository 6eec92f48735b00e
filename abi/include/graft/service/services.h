/* All services that a runtime may offer to its plugins. Each is a host contract, acquired with GRAFT_SERVICE
 * (abi/service.h). */
#ifndef GRAFT_SERVICE_SERVICES_H
#define GRAFT_SERVICE_SERVICES_H

#include "cache.h"
#include "config.h"
#include "crypto.h"
#include "http.h"
#include "kv.h"
#include "log.h"
#include "metrics.h"
#include "query.h"
#include "time.h"

#endif
