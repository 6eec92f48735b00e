// exit from a nested call: handlers and destructors run once, stdio is flushed, the status is the program's.
#include <stdio.h>
#include <stdlib.h>
static void first(void) { puts("first registered"); }
static void second(void) { puts("second registered"); }
__attribute__((constructor)) static void constructor(void) { puts("constructor"); }
__attribute__((destructor)) static void destructor(void) { puts("destructor"); }
static void deep(int depth) {
  if (depth == 0) exit(41);
  deep(depth - 1);
}
int main(void) {
  atexit(first);
  atexit(second);
  printf("no line feed");
  deep(10);
}
