// A key's destructor still sees its thread's own thread-locals.
#include <pthread.h>
#include <stdio.h>

static pthread_key_t key;
static _Thread_local int mine = 1;

static void at_exit(void *unused) {
  (void)unused;
  printf("%d\n", mine);
}
static void *work(void *unused) {
  mine = 42;
  pthread_setspecific(key, &key);
  return unused;
}

int main(void) {
  pthread_t thread;
  pthread_key_create(&key, at_exit);
  pthread_create(&thread, 0, work, 0);
  pthread_join(thread, 0);
  return 0;
}
