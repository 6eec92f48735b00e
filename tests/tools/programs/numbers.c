// long double, _Complex, __int128, floating point at -O0, varargs.
#include <complex.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
static double sum(int count, ...) {
  va_list list;
  double total = 0;
  va_start(list, count);
  for (int i = 0; i < count; ++i) total += i % 2 ? va_arg(list, double) : va_arg(list, int);
  va_end(list);
  return total;
}
int main(void) {
  long double wide = 1.0L / 3;
  double _Complex z = cexp(I * 1.5) * (2 + 3 * I);
  __int128 big = (__int128)1 << 100;
  unsigned __int128 product = (unsigned __int128)0xdeadbeefcafebabeull * 0x123456789abcdefull;
  double a = 0.1, b = 3.3, c = -0.33;
  printf("%.20Lf %.17g %.17g\n", wide, creal(z), cimag(z));
  printf("%lld %llx %llx\n", (long long)(big >> 90), (unsigned long long)(product >> 64), (unsigned long long)product);
  printf("%lld\n", (long long)(big / 12345678901234567ll % 1000000007));
  printf("%.17g %.17g %a\n", a * b + c, sin(1e6), pow(1.1, 100));
  printf("%g %d\n", sum(4, 1, 2.5, 3, 4.5), (int)lroundl(2.5L));
  return 0;
}
