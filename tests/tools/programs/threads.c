// pthreads, thread-locals, C11 atomics, and the main thread leaving by pthread_exit.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
static _Thread_local int mine = 5;
static atomic_int total;
static void *work(void *argument) {
  for (int i = 0; i < 1000; ++i) mine += 1, atomic_fetch_add(&total, 1);
  printf("%s", mine == 1005 ? "" : "shared!\n");
  return argument;
}
static void *last(void *argument) {
  pthread_join(*(pthread_t *)argument, NULL);
  printf("main is gone, %d\n", total);
  return NULL;
}
int main(void) {
  static pthread_t self;
  pthread_t threads[4], watcher;
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  printf("%d %d\n", mine, total);
  self = pthread_self();
  pthread_create(&watcher, NULL, last, &self);
  pthread_exit(NULL);
}
