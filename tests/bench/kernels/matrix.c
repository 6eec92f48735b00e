// The product of two square matrices of `n` rows.
#include <stdint.h>

enum { kMost = 512 };
static double a[kMost][kMost], b[kMost][kMost], c[kMost][kMost];

static double kernel(int32_t n) {
  for (int32_t i = 0; i < n; ++i)
    for (int32_t j = 0; j < n; ++j) a[i][j] = i - 2 * j, b[i][j] = 3 * i + j, c[i][j] = 0;
  for (int32_t i = 0; i < n; ++i)
    for (int32_t k = 0; k < n; ++k) {
      const double one = a[i][k];
      for (int32_t j = 0; j < n; ++j) c[i][j] += one * b[k][j];
    }
  double sum = 0;
  for (int32_t i = 0; i < n; ++i) sum += c[i][(i * 7) % n];
  return sum;
}
