/* Host contract "graft.crypto": hashes, message authentication and random bytes. */
#ifndef GRAFT_SERVICE_CRYPTO_H
#define GRAFT_SERVICE_CRYPTO_H

#include "../abi/service.h"

GRAFT_CONTRACT(graft_crypto, "graft.crypto", 1, 0) {
  graft_status (*sha256)(void *self, graft_str data, uint8_t *out32);
  graft_status (*sha512)(void *self, graft_str data, uint8_t *out64);
  /* A digest of `size` bytes, 16 to 64, with a key of at most 64 bytes or none. GRAFT_INVALID otherwise. */
  graft_status (*blake2b)(void *self, graft_str data, graft_str key, uint8_t *out, size_t size);
  graft_status (*hmac_sha256)(void *self, graft_str key, graft_str data, uint8_t *out32);
  graft_status (*hmac_sha512)(void *self, graft_str key, graft_str data, uint8_t *out64);
  /* Unpredictable bytes. GRAFT_PAYLOAD_LIMIT for more than a mebibyte at a time. */
  graft_status (*random)(void *self, void *out, size_t size);
  /* Whether both hold the same bytes, 1 or 0, in a time that does not depend on what they hold. */
  uint32_t (*equal)(void *self, graft_str a, graft_str b);
};

#endif
