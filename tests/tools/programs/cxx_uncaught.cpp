// An exception that nobody catches: no destructor runs on the way, the process ends with SIGABRT and libstdc++'s words.
#include <cstdio>
#include <stdexcept>
struct Guard { ~Guard() { std::puts("must not run"); std::fflush(stdout); } };
int main() {
  Guard guard;
  throw std::runtime_error("nobody cares");
}
