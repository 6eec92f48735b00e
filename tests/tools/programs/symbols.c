// Weak and common symbols, aliases, visibility, IFUNC, named sections, large statics.
#include <stdio.h>
int common_number;
__attribute__((weak)) int weak_function(void) { return 1; }
extern int nowhere(void) __attribute__((weak));
__attribute__((visibility("hidden"))) int hidden = 4;
static int real(void) { return 77; }
int alias(void) __attribute__((alias("real")));
static int fast(void) { return 1234; }
static int (*choose(void))(void) { return fast; }
int picked(void) __attribute__((ifunc("choose")));
static char large[64 << 20];
static int initialised[1 << 16] = {[65535] = 9};
__attribute__((used, section("records"))) static const int record_a = 10;
__attribute__((used, section("records"))) static const int record_b = 20;
extern const int __start_records[], __stop_records[];
int main(void) {
  int sum = 0;
  for (const int *one = __start_records; one < __stop_records; ++one) sum += *one;
  large[sizeof large - 1] = 3;
  printf("%d %d %d %d %d %d %d %d %d\n", common_number, weak_function(), nowhere == 0, hidden, alias(), picked(),
         large[sizeof large - 1], initialised[65535], sum);
  return 0;
}
