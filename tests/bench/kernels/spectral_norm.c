// The largest singular value of an endless matrix, of which the first `n` rows and columns are taken.
#include <math.h>
#include <stdint.h>

enum { kMost = 1000 };
static double u[kMost], v[kMost], between[kMost];

static double a(int32_t i, int32_t j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void times(int32_t n, const double *in, double *out) {
  for (int32_t i = 0; i < n; ++i) {
    double sum = 0;
    for (int32_t j = 0; j < n; ++j) sum += a(i, j) * in[j];
    out[i] = sum;
  }
}

static void times_transposed(int32_t n, const double *in, double *out) {
  for (int32_t i = 0; i < n; ++i) {
    double sum = 0;
    for (int32_t j = 0; j < n; ++j) sum += a(j, i) * in[j];
    out[i] = sum;
  }
}

static double kernel(int32_t n) {
  for (int32_t i = 0; i < n; ++i) u[i] = 1;
  for (int i = 0; i < 4; ++i) {
    times(n, u, between), times_transposed(n, between, v);
    times(n, v, between), times_transposed(n, between, u);
  }
  double across = 0, square = 0;
  for (int32_t i = 0; i < n; ++i) across += u[i] * v[i], square += v[i] * v[i];
  return sqrt(across / square);
}
