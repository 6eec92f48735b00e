// errno, qsort with a callback, environ, assert's text is not printed, time, locale, stdio positions.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
extern char **environ;
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(int argc, char **argv) {
  int numbers[] = {5, 3, 9, 1};
  qsort(numbers, 4, sizeof *numbers, compare);
  FILE *file = fopen("/nonexistent/file", "r");
  printf("%d %s %d %d\n", file == NULL, strerror(errno), errno == ENOENT, environ != NULL);
  printf("%d %d %d %d\n", numbers[0], numbers[1], numbers[2], numbers[3]);
  printf("%d %s %s %d\n", argc, argv[1], argv[2], argv[argc] == NULL);
  errno = 0;
  volatile double bad = -1;
  printf("%d\n", sqrt(bad) != sqrt(bad));
  fprintf(stderr, "to stderr\n");
  return 255;
}
