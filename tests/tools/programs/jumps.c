// setjmp and longjmp over several frames, with volatile locals kept.
#include <setjmp.h>
#include <stdio.h>
static jmp_buf place;
static void down(int depth) {
  if (depth == 0) longjmp(place, 9);
  down(depth - 1);
}
int main(void) {
  volatile int count = 0;
  int came = setjmp(place);
  printf("%d %d\n", came, count);
  if (++count < 4) down(count * 3);
  return came;
}
