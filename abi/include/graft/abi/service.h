/* Host contracts from a plugin's side: what a host offers under a name is acquired, used through its table, and given back.
 *
 *     graft_service log = {sizeof log};
 *     if (GRAFT_SERVICE(&graft_self, app_log, &log) == GRAFT_OK) {
 *       ((const app_log *)log.table)->line(log.self, graft_str_of("hello"));
 *       graft_self.give_back(&graft_self, &log);
 *     }
 *
 * A host contract is declared with GRAFT_CONTRACT like any other; its identity is in a space of its own. Whether `self` is one object for
 * all or one an acquisition is the host's choice. What a bundle did not give back is given back when its code is stopped. */
#ifndef GRAFT_ABI_SERVICE_H
#define GRAFT_ABI_SERVICE_H

#include <string.h>

#include "host.h"

/* Acquires the host contract that GRAFT_CONTRACT(tag, ...) declared, of at least the header's minor. */
#define GRAFT_SERVICE(host, tag, out)                                                                                              \
  graft_acquire((host), graft_contract_##tag.name, graft_contract_##tag.major, graft_contract_##tag.minor, (out))

static inline graft_status graft_acquire(const graft_host *host, const char *name, uint32_t major, uint32_t minor, graft_service *out) {
  graft_str contract;
  contract.data = name;
  contract.size = strlen(name);
  return host->acquire(host, contract, major, minor, out);
}

#endif
