// Handlers, masks, raise and the default actions that a program starts with.
#include <signal.h>
#include <stdio.h>
static volatile sig_atomic_t seen;
static void handler(int number) { seen = number; }
int main(void) {
  int defaults = 0;
  for (int number = 1; number < 32; ++number) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_DFL) ++defaults;
  }
  sigset_t set;
  sigprocmask(SIG_BLOCK, NULL, &set);
  printf("%d %d\n", defaults, sigismember(&set, SIGINT));
  signal(SIGUSR1, handler);
  raise(SIGUSR1);
  printf("%d\n", seen == SIGUSR1);
  raise(SIGTERM);
  return 0;
}
