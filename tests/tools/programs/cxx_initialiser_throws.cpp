// A static constructor that throws ends the process as an uncaught exception does.
#include <stdexcept>
struct Thrower {
  Thrower() { throw std::runtime_error("too early"); }
};
Thrower thrower;
int main() { return 0; }
