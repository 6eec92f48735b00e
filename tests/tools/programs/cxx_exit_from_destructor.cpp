// `exit` out of an exit function goes on with the rest of the list.
#include <cstdio>
#include <cstdlib>

struct Talker {
  int number;
  ~Talker() {
    std::printf("~%d\n", number);
    if (number == 2) std::exit(9);
  }
};
Talker one{1}, two{2}, three{3};

int main() {
  std::atexit([] { std::puts("atexit"); });
}
