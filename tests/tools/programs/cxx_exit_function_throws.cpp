// What leaves an exit function ends the process.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

int main() {
  std::atexit([] { throw std::runtime_error("too late"); });
  std::puts("main");
  std::fflush(stdout);
}
