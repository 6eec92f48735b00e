// `exit` on a thread that is not main: of the thread-locals, only the caller's are destroyed.
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

struct Talker {
  const char *name;
  ~Talker() { std::printf("~%s\n", name); }
};
thread_local Talker local{"nobody"};
Talker global{"global"};
std::mutex mutex;
std::condition_variable waiting;
bool waits = false;

void wait_for_ever() {
  local.name = "waiter";
  std::unique_lock lock(mutex);
  waits = true;
  waiting.notify_all();
  waiting.wait(lock, [] { return false; });
}

int main() {
  local.name = "main";
  std::thread(wait_for_ever).detach();
  std::unique_lock lock(mutex);
  waiting.wait(lock, [] { return waits; });
  lock.unlock();
  std::thread([] {
    local.name = "caller";
    std::atexit([] { std::puts("atexit"); });
    std::exit(7);
  }).join();
}
