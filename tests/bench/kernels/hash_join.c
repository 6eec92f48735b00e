// Two tables of `n` rows each, joined by a hash table over the first.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct row {
  uint64_t key;
  uint64_t value;
};

static uint64_t mix(uint64_t key) {
  key = (key ^ (key >> 33)) * 0xff51afd7ed558ccdu;
  return key ^ (key >> 29);
}

static double kernel(int32_t n) {
  uint64_t size = 1, state = 1;
  while (size < (uint64_t)n * 2) size *= 2;
  struct row *table = calloc(size, sizeof *table);
  for (int32_t i = 0; i < n; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const uint64_t key = (state >> 40) | 1;
    uint64_t at = mix(key) & (size - 1);
    while (table[at].key != 0 && table[at].key != key) at = (at + 1) & (size - 1);
    table[at].key = key;
    table[at].value += (uint64_t)i;
  }
  uint64_t sum = 0, found = 0;
  state = 7;
  for (int32_t i = 0; i < n; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const uint64_t key = (state >> 40) | 1;
    for (uint64_t at = mix(key) & (size - 1); table[at].key != 0; at = (at + 1) & (size - 1))
      if (table[at].key == key) {
        sum += table[at].value, ++found;
        break;
      }
  }
  free(table);
  return (double)(sum % 1000003) + (double)found;
}
