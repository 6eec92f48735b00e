/* What ../checksum.ll was made from; see ../README.md. Not compiled with the bundle: a folder's own files are, its subfolders' not. */
#include "../checksum.h"

static uint32_t crc32(graft_str data) {
  uint32_t crc = 0xFFFFFFFFu;
  for (size_t at = 0; at < data.size; ++at) {
    crc ^= (unsigned char)data.data[at];
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
  }
  return ~crc;
}

static uint32_t adler32(graft_str data) {
  uint32_t low = 1, high = 0;
  for (size_t at = 0; at < data.size; ++at) {
    low = (low + (unsigned char)data.data[at]) % 65521;
    high = (high + low) % 65521;
  }
  return high << 16 | low;
}

GRAFT_PROVIDE(checksum, {.crc32 = crc32, .adler32 = adler32});
