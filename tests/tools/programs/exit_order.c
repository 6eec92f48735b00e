// One list of exit functions, however they were registered, and destructors behind it.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

static void with_status(int status, void *word) { printf("on_exit %d %s\n", status, (char *)word); }
static void second(void) { puts("registered by an exit function"); }
static void first(void) {
  puts("atexit");
  atexit(second);
}
__attribute__((destructor)) static void last(void) { puts("destructor"); }
__attribute__((constructor)) static void early(void) { on_exit(with_status, "from a constructor"); }

int main(void) {
  atexit(first);
  on_exit(with_status, "from main");
  atexit(first);
  return 5;
}
