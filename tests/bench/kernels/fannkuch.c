// How often a prefix of a permutation of `n` can be reversed until the first element is first, at most, over all
// permutations.
#include <stdint.h>

static double kernel(int32_t n) {
  int32_t permutation[16], flipped[16], count[16], most = 0, sum = 0, index = 0, r = n;
  for (int32_t i = 0; i < n; ++i) permutation[i] = i;
  for (;;) {
    for (; r != 1; --r) count[r - 1] = r;
    for (int32_t i = 0; i < n; ++i) flipped[i] = permutation[i];
    int32_t flips = 0;
    for (int32_t first = flipped[0]; first != 0; first = flipped[0], ++flips)
      for (int32_t low = 0, high = first; low < high; ++low, --high) {
        const int32_t kept = flipped[low];
        flipped[low] = flipped[high];
        flipped[high] = kept;
      }
    if (flips > most) most = flips;
    sum += index % 2 == 0 ? flips : -flips;
    for (;; ++r) {
      if (r == n) return sum * 100.0 + most;
      const int32_t first = permutation[0];
      for (int32_t i = 0; i < r; ++i) permutation[i] = permutation[i + 1];
      permutation[r] = first;
      if (--count[r] > 0) break;
    }
    ++index;
  }
}
