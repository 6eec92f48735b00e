// Does a second image go on with the state of a first one whose headers were learned: with what that shares with other
// bundles, and with what it has a copy of?
#include "temp_folder.hpp"
#include "two_images.hpp"

#include <thread>

namespace graft::test {
namespace {

/// A header with state of all kinds behind templates, and functions of it that change nothing.
constexpr const char *kHeader = R"(#pragma once
#include <vector>
template <class T> struct Box {
  static int &count() { static int n = 0; return n; }
  static T &made() { static std::vector<T> all{T(40)}; return all.front(); }
  static int &of_thread() { thread_local int n = 7; return n; }
  static inline int shared = 100;
};
template <class T> T twice(T x) { return x + x; }
template <class T> const T *table() { static const T values[] = {1, 2, 3}; return values; }
typedef int (*Function)(int);
template <class T> Function pick() { return &twice<T>; }
inline int sum(const std::vector<int> &all) { int n = 0; for (int one : all) n += one; return n; }
)";

/// Includes the header; `body` is the source behind that.
TwoImages two(const TempFolder &folder, const std::string &body) {
  const std::string path = folder.write("state.hpp", kHeader);
  return TwoImages({{"a.cpp", "#include \"" + path + "\"\n" + body}}, {}, Headers::kLearned);
}

TEST(LearnedImages, StaticsOfHeadersAreOne) {
  const TempFolder folder;
  auto images =
      two(folder, "extern \"C\" int ask() { return ++Box<int>::count() + ++Box<int>::made() + ++Box<int>::shared; }");
  EXPECT_TRUE(images.shares());
  EXPECT_EQ(images.function<int()>("ask")(), 1 + 41 + 101);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 2 + 42 + 102);
  EXPECT_EQ(images.function<int()>("ask")(), 3 + 43 + 103);
}

TEST(LearnedImages, AThreadLocalOfAHeaderIsOneForEachThread) {
  const TempFolder folder;
  auto images = two(folder, "extern \"C\" int ask() { return ++Box<int>::of_thread() + sum({}); }");
  EXPECT_EQ(images.function<int()>("ask")(), 8);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 9);
  std::thread([&] { EXPECT_EQ(images.newest<int()>("ask")(), 8); }).join();
}

TEST(LearnedImages, AFunctionOfAHeaderHasOneAddress) {
  const TempFolder folder;
  auto images = two(folder, "static Function held = &twice<int>;\n"
                            "extern \"C\" int ask() { return held == &twice<int> && held == pick<int>() && held(3) == 6; }\n"
                            "extern \"C\" Function make() { return &twice<int>; }");
  EXPECT_TRUE(images.shares());
  const auto before = images.function<int (*())(int)>("make")();
  EXPECT_EQ(images.function<int()>("ask")(), 1);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int()>("ask")(), 1);
  EXPECT_EQ(images.newest<int (*())(int)>("make")(), before);
  EXPECT_EQ(before(21), 42);
}

TEST(LearnedImages, AConstantOfAHeaderHasOneAddress) {
  const TempFolder folder;
  auto images = two(folder, "extern \"C\" const int *make() { return table<int>(); }\n"
                            "extern \"C\" int ask() { return table<int>()[1] + sum({1}); }");
  EXPECT_TRUE(images.shares());
  const int *const before = images.function<const int *()>("make")();
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<const int *()>("make")(), before);
  EXPECT_EQ(images.newest<int()>("ask")(), 3);
}

TEST(LearnedImages, AConstantThatOnlySharedCodeReadsIsNoObstacle) {
  const TempFolder folder;
  const std::string path = folder.write(
      "constant.hpp", "#include <vector>\nstatic const int kTable[4] = {5, 6, 7, 8};\n"
                      "template <class T> T at(const std::vector<T> &all, int i) { return all[0] + kTable[i]; }\n");
  TwoImages images({{"a.cpp", "#include \"" + path + "\"\nextern \"C\" int ask(int i) { return at<int>({10}, i); }"}}, {},
                   Headers::kLearned);
  EXPECT_TRUE(images.shares());
  EXPECT_EQ(images.function<int(int)>("ask")(2), 17);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int(int)>("ask")(2), 17);
}

TEST(LearnedImages, StringsStreamsMapsAndExceptionsGoOn) {
  TwoImages images({{"a.cpp", R"(#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
static std::map<std::string, std::function<int(int)>> known;
extern "C" int make() { int by = 3; known["add"] = [by](int x) { return x + by; }; return (int)known.size(); }
extern "C" int ask(int x) {
  try {
    std::ostringstream out;
    out << known.at("add")(x) << ' ' << known.at("none")(x);
  } catch (const std::out_of_range &) { return known["add"](x); }
  return -1;
})"}},
                   {}, Headers::kLearned);
  EXPECT_TRUE(images.shares());
  EXPECT_EQ(images.function<int()>("make")(), 1);
  EXPECT_EQ(images.function<int(int)>("ask")(1), 4);
  ASSERT_THAT(images.tier_up(), Succeeds());
  EXPECT_EQ(images.newest<int(int)>("ask")(2), 5);
  EXPECT_EQ(images.newest<int()>("make")(), 1);
  EXPECT_EQ(images.function<int(int)>("ask")(3), 6);
}

} // namespace
} // namespace graft::test
