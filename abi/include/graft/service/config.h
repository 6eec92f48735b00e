/* Host contract "graft.config": the bundle's settings, as its manifest declares them and the host gives them.
 *
 *     uint64_t seen = 0;
 *     if (config->version(self) != seen) {
 *       void *settings;
 *       if (config->open(self, &settings, &seen) == GRAFT_OK) {
 *         config->get_integer(self, settings, graft_str_of("threshold"), &threshold);
 *         config->close(self, settings);
 *       }
 *     }
 *
 * Settings change while the bundle runs, without a reload, all at once: what was opened stays as it is until it is closed.
 */
#ifndef GRAFT_SERVICE_CONFIG_H
#define GRAFT_SERVICE_CONFIG_H

#include "../abi/service.h"

GRAFT_CONTRACT(graft_config, "graft.config", 1, 0) {
  /* Counts the changes; never 0. One load. [any thread] */
  uint64_t (*version)(void *self);
  /* The settings as they are now, for the caller to close; `version` may be null. [any thread] */
  graft_status (*open)(void *self, void **settings, uint64_t *version);
  void (*close)(void *self, void *settings);
  /* One setting, its default where the host gave none. GRAFT_NOT_FOUND: no such key, or neither value nor default.
   * GRAFT_INCOMPATIBLE: it is of another type. Text is borrowed until `close`; `get_real` takes integers, too; a flag is 0
   * or 1. [any thread] */
  graft_status (*get_text)(void *self, const void *settings, graft_str key, graft_str *out);
  graft_status (*get_integer)(void *self, const void *settings, graft_str key, int64_t *out);
  graft_status (*get_real)(void *self, const void *settings, graft_str key, double *out);
  graft_status (*get_flag)(void *self, const void *settings, graft_str key, uint32_t *out);
};

#endif
