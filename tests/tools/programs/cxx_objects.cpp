// Static constructors and destructors, function statics and thread-locals in their order; streams are flushed at the end.
#include <iostream>
#include <string>
#include <thread>
struct Noisy {
  std::string name;
  explicit Noisy(std::string name) : name(std::move(name)) { std::cout << "+" << this->name << "\n"; }
  ~Noisy() { std::cout << "-" << name << "\n"; }
};
Noisy first("first"), second("second");
thread_local Noisy local("thread-local");
Noisy &lazy() {
  static Noisy object("lazy");
  return object;
}
int main() {
  std::ios::sync_with_stdio(false);
  std::cout << local.name << "\n";
  std::thread([] { std::cout << local.name << " of a thread\n"; }).join();
  lazy();
  Noisy automatic("automatic");
  std::cout << "not flushed";
  return 3;
}
