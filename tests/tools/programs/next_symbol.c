// Behind a program comes what it is linked against.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

int main(void) {
  int (*next)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "puts");
  void *nothing = dlsym(RTLD_NEXT, "no_such_function");
  if (next) next("found");
  return nothing != NULL;
}
