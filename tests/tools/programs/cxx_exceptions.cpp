// Exceptions through many frames, through C's qsort, nested and rethrown, RTTI, and std::exception_ptr.
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <vector>
struct Base { virtual ~Base() = default; };
struct Derived : Base { int value = 6; };
struct Guard { ~Guard() { std::cout << "guard\n"; } };
static int fail(int depth) {
  Guard guard;
  if (depth == 0) throw std::out_of_range("deep");
  return fail(depth - 1) + 1;
}
static int thrower(const void *, const void *) { throw 42; }
int main() {
  try { fail(3); } catch (const std::logic_error &error) { std::cout << error.what() << "\n"; }
  int numbers[] = {2, 1};
  try { std::qsort(numbers, 2, sizeof(int), thrower); } catch (int value) { std::cout << value << "\n"; }
  std::unique_ptr<Base> base = std::make_unique<Derived>();
  std::cout << dynamic_cast<Derived &>(*base).value << "\n";
  try {
    try { throw std::runtime_error("inner"); } catch (...) { std::throw_with_nested(std::logic_error("outer")); }
  } catch (const std::exception &outer) {
    try { std::rethrow_if_nested(outer); } catch (const std::exception &inner) { std::cout << outer.what() << inner.what() << "\n"; }
  }
  auto future = std::async(std::launch::async, []() -> int { throw std::runtime_error("from a thread"); });
  try { future.get(); } catch (const std::exception &error) { std::cout << error.what() << "\n"; }
  std::map<std::string, std::vector<int>> map{{"a", {3, 1, 2}}};
  std::sort(map["a"].begin(), map["a"].end());
  std::cout << map["a"][0] << map["a"][2] << std::endl;
}
