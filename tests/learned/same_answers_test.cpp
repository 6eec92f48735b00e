// Programs that lean on their headers in every way give one answer, whether compiled plainly or with everything learned.
#include "learned.hpp"

#include <ostream>

namespace graft::test {
namespace {

struct Program {
  const char *name;
  const char *text;
  friend std::ostream &operator<<(std::ostream &out, const Program &program) { return out << program.name; }
};

const Program kPrograms[] = {
    {"Containers", R"cpp(
#include <deque>
#include <list>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <vector>
extern "C" int run(void) {
  std::map<std::string, std::vector<int>> map;
  for (int i = 0; i < 50; ++i) map[std::to_string(i % 7)].push_back(i);
  std::set<int> set(map["3"].begin(), map["3"].end());
  std::deque<std::string> deque(3, "x");
  deque.push_front("front");
  std::list<double> list = {1.5, 2.5};
  list.sort();
  std::priority_queue<int> queue;
  for (int one : set) queue.push(-one);
  return static_cast<int>(map.size() * 1000 + set.size() * 10 + deque.size() + list.size()) + queue.top();
}
)cpp"},
    {"SmartPointersAndErasure", R"cpp(
#include <any>
#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <string>
extern "C" int run(void) {
  auto shared = std::make_shared<std::string>("shared");
  std::weak_ptr<std::string> weak = shared;
  std::unique_ptr<int[]> array(new int[4]{1, 2, 3, 4});
  std::function<int(int)> function = std::negate<int>{};
  std::any any = std::string("any");
  std::variant<int, std::string> variant = std::string("variant");
  std::optional<std::string> optional = std::any_cast<std::string>(any);
  int sum = static_cast<int>(weak.use_count()) + array[3] + function(-5) + static_cast<int>(std::get<std::string>(variant).size());
  try { sum += std::any_cast<int>(any); } catch (const std::bad_any_cast &) { sum += 100; }
  try { sum += std::get<int>(variant); } catch (const std::bad_variant_access &) { sum += 1000; }
  return sum + static_cast<int>(optional->size());
}
)cpp"},
    {"Streams", R"cpp(
#include <iomanip>
#include <iostream>
#include <sstream>
#include <locale>
extern "C" int run(void) {
  std::ostringstream out;
  out << std::setw(8) << std::setfill('*') << std::hex << 255 << ' ' << std::fixed << std::setprecision(3) << 1.5 << std::boolalpha << true;
  std::istringstream in("12 abc 3.5");
  int number; std::string word; double real;
  in >> number >> word >> real;
  int sum = number + static_cast<int>(word.size()) + static_cast<int>(real * 2);
  for (char c : out.str()) sum = sum * 31 + c;
  return sum & 0xffffff;
}
)cpp"},
    {"RegexAndAlgorithms", R"cpp(
#include <algorithm>
#include <numeric>
#include <ranges>
#include <regex>
#include <string>
#include <vector>
extern "C" int run(void) {
  std::regex pattern("([a-z]+)([0-9]*)");
  std::string text = "abc12 def x9";
  int groups = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) groups += static_cast<int>((*it)[2].length()) + 10;
  std::vector<int> values(20);
  std::iota(values.begin(), values.end(), 0);
  std::ranges::reverse(values);
  std::stable_sort(values.begin(), values.end(), std::greater<>());
  auto even = values | std::views::filter([](int v) { return v % 2 == 0; }) | std::views::transform([](int v) { return v * v; });
  for (int one : even) groups += one;
  return groups + std::accumulate(values.begin(), values.end(), 0);
}
)cpp"},
    {"ThreadsAndOnce", R"cpp(
#include <atomic>
#include <future>
#include <mutex>
#include <thread>
#include <vector>
extern "C" int run(void) {
  std::once_flag once;
  std::atomic<int> sum{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { std::call_once(once, [&] { sum += 1000; }); sum += 1; });
  for (std::thread &thread : threads) thread.join();
  auto future = std::async(std::launch::async, [] { return 42; });
  std::mutex mutex;
  std::lock_guard lock(mutex);
  return sum + future.get();
}
)cpp"},
    {"OwnTypesInHeaderTemplates", R"cpp(
#include <map>
#include <string>
#include <unordered_set>
#include <vector>
namespace mine {
struct Key { int a; std::string b; bool operator==(const Key &) const = default; auto operator<=>(const Key &) const = default; };
struct Base { virtual ~Base() = default; virtual int value() const { return 1; } };
struct Derived : Base { int value() const override { return 2; } };
}
template <> struct std::hash<mine::Key> { size_t operator()(const mine::Key &key) const { return static_cast<size_t>(key.a); } };
extern "C" int run(void) {
  std::unordered_set<mine::Key> set;
  for (int i = 0; i < 10; ++i) set.insert({i % 4, std::to_string(i % 2)});
  std::map<mine::Key, std::vector<mine::Derived>> map;
  map[{1, "x"}].resize(3);
  const mine::Base &base = map.begin()->second[0];
  return static_cast<int>(set.size()) * 100 + base.value() + (dynamic_cast<const mine::Derived *>(&base) != nullptr);
}
)cpp"},
    {"ExceptionsThroughHeaderCode", R"cpp(
#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>
extern "C" int run(void) {
  int caught = 0;
  std::vector<int> values(3);
  try { values.at(7); } catch (const std::out_of_range &) { caught += 1; }
  try { std::string("abc").substr(9); } catch (const std::exception &) { caught += 10; }
  try { values.resize(values.max_size() + 1); } catch (const std::length_error &) { caught += 100; }
  try { std::for_each(values.begin(), values.end(), [](int) { throw 5; }); } catch (int five) { caught += five * 1000; }
  struct Guard { int &to; ~Guard() { to += 10000; } };
  try { Guard guard{caught}; std::stoi("x"); } catch (const std::invalid_argument &) { caught += 100000; }
  return caught;
}
)cpp"},
    {"StaticsAndInitialisers", R"cpp(
#include <iostream>
#include <map>
#include <string>
static std::map<std::string, int> table = {{"a", 1}, {"b", 2}};
static std::string late = table.begin()->first + "z";
inline int counted() { static int count = 40; return ++count; }
struct Registered { Registered() { table["c"] = counted(); } } registered;
thread_local std::string local = "thread";
extern "C" int run(void) { return table["c"] + static_cast<int>(table.size() * 100 + late.size() * 1000 + local.size() * 10000) + counted(); }
)cpp"},
    {"Json", R"cpp(
#include <nlohmann/json.hpp>
#include <string>
extern "C" int run(void) {
  auto json = nlohmann::json::parse(R"({"a": [1, 2, {"b": null}], "c": 1.5, "d": "text"})");
  json["e"] = {{"x", 1}, {"y", std::vector<int>{1, 2, 3}}};
  int sum = 0;
  for (char c : json.dump(2)) sum = (sum * 31 + c) & 0xffffff;
  try { nlohmann::json::parse("{"); } catch (const nlohmann::json::parse_error &error) { sum += error.id; }
  return sum + json["a"][1].get<int>();
}
)cpp"},
    {"OwnStaticsOfTemplates", R"cpp(
#include <locale>
#include <regex>
#include <sstream>
extern "C" int run(void) {
  std::wostringstream wide;
  wide << 12 << L' ' << 1.5;
  std::regex digits("[[:digit:]]+");
  std::string text = "a1b22";
  return static_cast<int>(wide.str().size()) * 10 + static_cast<int>(std::distance(std::sregex_iterator(text.begin(), text.end(), digits), {}));
}
)cpp"},
    {"ChronoRandomFilesystem", R"cpp(
#include <chrono>
#include <filesystem>
#include <random>
extern "C" int run(void) {
  std::mt19937 random(42);
  std::uniform_int_distribution<int> dice(1, 6);
  int sum = 0;
  for (int i = 0; i < 100; ++i) sum += dice(random);
  std::filesystem::path path = "/a/b/../c.txt";
  using namespace std::chrono_literals;
  return sum * 100 + static_cast<int>(path.lexically_normal().string().size()) + static_cast<int>(std::chrono::duration_cast<std::chrono::seconds>(3min).count());
}
)cpp"},
};

class SameAnswers : public ::testing::TestWithParam<Program> {};

TEST_P(SameAnswers, PlainAndLearned) {
  Edited plain, learned;
  driver::Job job = plain.job(GetParam().text);
  job.options.learn = driver::Learn::kNo;
  const auto artifact = plain.compiler->compile(job);
  ASSERT_TRUE(artifact) << artifact.error().text() << render(artifact.error().diagnostics);
  const int expected = plain.run(*artifact);
  learned.learn(GetParam().text);
  for (int edit = 0; edit < 2; ++edit) {
    const std::string text = std::string(GetParam().text) + "\nint edit" + std::to_string(edit) + ";\n";
    EXPECT_EQ(learned.run(text), expected);
  }
  const driver::PreambleStats stats = learned.compiler->preambles();
  EXPECT_EQ(stats.uses, 2u);
  EXPECT_EQ(stats.fallbacks, 0u);
  EXPECT_GT(stats.functions, 0u);
}

INSTANTIATE_TEST_SUITE_P(Programs, SameAnswers, ::testing::ValuesIn(kPrograms),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
} // namespace graft::test
