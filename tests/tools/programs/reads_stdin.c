// stdin is the program's own, to its last byte.
#include <stdio.h>
int main(void) {
  long sum = 0, count = 0;
  for (int c; (c = getchar()) != EOF; ++count) sum += c;
  printf("%ld %ld\n", count, sum);
  return (int)(count % 256);
}
