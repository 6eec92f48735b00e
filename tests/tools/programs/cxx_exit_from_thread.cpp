// `exit` on a thread that is not main: of the thread-locals, only the caller's are destroyed.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <unistd.h>

struct Talker {
  const char *name;
  ~Talker() { std::printf("~%s\n", name); }
};
thread_local Talker local{"nobody"};
Talker global{"global"};
std::atomic<bool> waits = false;

int main() {
  local.name = "main";
  std::thread([] {
    local.name = "waiter";
    waits = true;
    for (;;) pause();
  }).detach();
  while (!waits) std::this_thread::yield();
  std::thread([] {
    local.name = "caller";
    std::atexit([] { std::puts("atexit"); });
    std::exit(7);
  }).join();
}
