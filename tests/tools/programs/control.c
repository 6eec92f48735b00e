// Computed goto, statement expressions, nested switch, inline asm, VLAs, designated initialisers.
#include <stdio.h>
#include <string.h>
static int interpret(const unsigned char *code) {
  static void *labels[] = {&&push, &&add, &&stop};
  int stack[8], *top = stack;
  goto *labels[*code];
push:
  *top++ = *++code;
  goto *labels[*++code];
add:
  top[-2] += top[-1], --top;
  goto *labels[*++code];
stop:
  return top[-1];
}
int main(int argc, char **argv) {
  unsigned long low, high;
  __asm__("mulq %3" : "=a"(low), "=d"(high) : "a"(~0ul), "r"(3ul));
  int vla[argc + 3];
  memset(vla, argc, sizeof vla);
  struct { int x[4]; const char *name; } s = {.x[2] = 5, .name = "n"};
  printf("%d %lx %lx %zu %d %s\n", interpret((const unsigned char[]){0, 20, 0, 22, 1, 2}), low, high, sizeof vla, s.x[2], s.name);
  printf("%d\n", ({ int t = 3; t * t; }));
  (void)argv;
  return 0;
}
