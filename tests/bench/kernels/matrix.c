// The product of two square matrices of `n` rows. The rows stand without gaps: at a power of two apart they would fight for the
// same lines of the cache, and which pages the system happened to give would decide.
#include <stdint.h>

enum { kMost = 512 };
static double a[kMost * kMost], b[kMost * kMost], c[kMost * kMost];

static double kernel(int32_t n) {
  for (int32_t i = 0; i < n; ++i)
    for (int32_t j = 0; j < n; ++j) a[i * n + j] = i - 2 * j, b[i * n + j] = 3 * i + j, c[i * n + j] = 0;
  for (int32_t i = 0; i < n; ++i)
    for (int32_t k = 0; k < n; ++k) {
      const double one = a[i * n + k];
      for (int32_t j = 0; j < n; ++j) c[i * n + j] += one * b[k * n + j];
    }
  double sum = 0;
  for (int32_t i = 0; i < n; ++i) sum += c[i * n + i * 7 % n];
  return sum;
}
