// abort ends the process with SIGABRT and does not flush.
#include <stdio.h>
#include <stdlib.h>
int main(void) {
  printf("flushed\n");
  fflush(stdout);
  printf("lost");
  abort();
}
