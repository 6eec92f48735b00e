/* Two checksums over bytes. The bundle itself is LLVM IR; this header is for its callers. */
#ifndef DEMO_CHECKSUM_H
#define DEMO_CHECKSUM_H

#include <graft/abi.h>

GRAFT_CONTRACT(checksum, "demo.checksum", 1, 0) {
  /* CRC-32 as in zip and PNG: "123456789" gives 0xCBF43926. */
  uint32_t (*crc32)(graft_str data);
  /* Adler-32 as in zlib: "Wikipedia" gives 0x11E60398. */
  uint32_t (*adler32)(graft_str data);
};

#endif
