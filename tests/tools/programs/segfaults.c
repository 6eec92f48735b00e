// A wild store ends the process with SIGSEGV: no handler of the compiler is left behind.
#include <stdio.h>
int main(void) {
  puts("before");
  fflush(stdout);
  *(volatile int *)8 = 1;
  puts("after");
}
