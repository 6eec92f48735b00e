/* Host contract "graft.kv": keys and values that outlive the bundle's code, and, where the host keeps them in a file, the
 * process.
 *
 * Each bundle sees its own: the namespace is the bundle's name. Keys and values are bytes. Every function is one step that
 * nobody sees half of; a write that is refused changes nothing. A key that was given a time to live is gone when that has
 * passed. */
#ifndef GRAFT_SERVICE_KV_H
#define GRAFT_SERVICE_KV_H

#include "../abi/service.h"
#include "../abi/util.h"

/* No time to live. */
#define GRAFT_KV_FOREVER 0

/* Called for one key; the key is borrowed. */
typedef void (*graft_kv_each)(graft_str key, void *context);

GRAFT_CONTRACT(graft_kv, "graft.kv", 1, 0) {
  /* Copies the value to `out`, and its size to `*size` in any case but GRAFT_NOT_FOUND. GRAFT_EXHAUSTED: `capacity` is less
   * than that, nothing was copied. [any thread] */
  graft_status (*get)(void *self, graft_str key, void *out, size_t capacity, size_t *size);
  /* GRAFT_PAYLOAD_LIMIT: key or value is too long. GRAFT_STORAGE_LIMIT: too many keys or bytes, here or in all of the host.
   * [any thread] */
  graft_status (*set)(void *self, graft_str key, graft_str value, uint64_t live_ns);
  /* GRAFT_NOT_FOUND. [any thread] */
  graft_status (*remove)(void *self, graft_str key);
  /* Calls `each` for every key that begins with `prefix`, in their order, with no lock held. [any thread] */
  graft_status (*list)(void *self, graft_str prefix, graft_kv_each each, void *context);
  /* Writes `value` if the key's value is `*expected`, or, where that is null, if there is no such key; a null `value`
   * removes it. GRAFT_CONFLICT when it is another; otherwise as `set`. [any thread] */
  graft_status (*compare_and_set)(void *self, graft_str key, const graft_str *expected, const graft_str *value,
                                  uint64_t live_ns);
  /* Adds to a value of 8 bytes, little endian, which begins at 0; the sum goes to `*out`, which may be null. The time to
   * live stays what it is. GRAFT_INCOMPATIBLE: the value is no such number. GRAFT_INVALID: the sum does not fit. Otherwise
   * as `set`. [any thread] */
  graft_status (*increment)(void *self, graft_str key, int64_t by, int64_t *out);
};

/* Reads a value of any size into a buffer, in the place of what that held. */
static inline graft_status graft_kv_read(const graft_host *host, const graft_service *kv, graft_str key, graft_buf *out) {
  const graft_kv *table = (const graft_kv *)kv->table;
  for (;;) {
    size_t size = 0;
    graft_status status = table->get(kv->self, key, out->data, out->capacity, &size);
    if (status != GRAFT_EXHAUSTED) {
      out->size = status == GRAFT_OK ? size : 0;
      return status;
    }
    out->size = 0;
    status = graft_buf_reserve(host, out, size);
    if (status != GRAFT_OK) return status;
  }
}

#endif
