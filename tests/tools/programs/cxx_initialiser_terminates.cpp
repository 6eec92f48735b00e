// What leaves an initialiser ends the process, through the program's own terminate handler and without destructors.
#include <cstdio>
#include <cstdlib>
#include <exception>

struct Talker {
  ~Talker() { std::puts("~"); }
} talker;

[[noreturn]] void last_words() {
  try {
    throw;
  } catch (int number) {
    std::printf("terminated by %d\n", number);
    std::fflush(stdout);
    std::_Exit(3);
  }
}
std::terminate_handler before = std::set_terminate(last_words);
int number = []() -> int { throw 42; }();

int main() { std::puts("main"); }
