// What of a header is compiled once, that could be missed: marks, types and constants that stand in the way.
#include "learned.hpp"
#include "temp_folder.hpp"

#include <fstream>

namespace graft::test {
namespace {

/// A header and a file that includes it, whose `run` is `body`.
class CompiledOnce : public testing::Test {
 protected:
  void write(const std::string &header) { std::ofstream(folder_.path() / "mine.hpp") << "#pragma once\n" << header; }

  static std::string text(const std::string &body, int edit) {
    return "#include \"mine.hpp\"\nextern \"C\" int run(void) { " + body + " }\nint edit" + std::to_string(edit) + ";\n";
  }

  /// What the file comes to when it is compiled for the first time, and what when all is learned.
  std::pair<Artifact, Artifact> before_and_after(const std::string &body) {
    auto before = file_.compile(text(body, 0));
    EXPECT_TRUE(before) << before.error().text() << render(before.error().diagnostics);
    file_.compiler->wait_for_preambles();
    auto after = file_.compile(text(body, 1));
    EXPECT_TRUE(after) << after.error().text() << render(after.error().diagnostics);
    return {before ? *std::move(before) : Artifact(), after ? *std::move(after) : Artifact()};
  }

  /// Expects that `function` of the header is the file's own at first, and all bundles' once it was learned.
  void expect_shared(const std::string &body, int answer, const std::string &function) {
    const auto [before, after] = before_and_after(body);
    EXPECT_EQ(file_.run(before), answer);
    EXPECT_EQ(file_.run(after), answer);
    EXPECT_TRUE(defines(before.objects.front(), function));
    EXPECT_FALSE(defines(after.objects.front(), function));
    EXPECT_EQ(after.objects.size(), 1u) << "nothing needs a copy of its own";
    EXPECT_EQ(after.shared.size(), 1u);
  }

  /// By the section that a function which several files may define has for itself.
  static bool defines(const ObjectFile &object, const std::string &function) {
    return std::string_view(object.bytes.data(), object.bytes.size()).find(".text." + function) != std::string_view::npos;
  }

  TempFolder folder_;
  Edited file_{(folder_.path() / "edited.cpp").string()};
};

TEST_F(CompiledOnce, AFunctionThatIsAlwaysInlined) {
  write("template <class T> __attribute__((always_inline)) inline T inner(T value) { return value * 2; }\n"
        "template <class T> T outer(T value) { return inner(value) + 1; }\n");
  expect_shared("return outer(3) + inner(4);", 15, "_Z5outerIiET_S0_");
}

TEST_F(CompiledOnce, AFunctionWhoseTypesAreVectors) {
  write("typedef double Packet __attribute__((vector_size(32)));\n"
        "template <class T> double sum(const T &value) { return value[0] + value[1] + value[2] + value[3]; }\n");
  expect_shared("Packet p = {1, 2, 3, 4}; return static_cast<int>(sum(p));", 10, "_Z3sumIDv4_dEdRKT_");
}

TEST_F(CompiledOnce, AFunctionWhoseArgumentIsAnAliasTemplate) {
  write("template <class T> using Pointer = T *;\n"
        "template <template <class> class Of, class T> unsigned long size(const T &) { return sizeof(Of<T>); }\n");
  expect_shared("return static_cast<int>(size<Pointer>('c'));", 8, "_Z4sizeI7PointercEmRKT0_");
}

TEST_F(CompiledOnce, AFunctionThatUsesAConstantWithAnEmptyConstructor) {
  write("struct Tag { Tag() {} };\nstruct Five { Five() : value(5) {} int value; };\n"
        "static const Tag kTag;\nstatic const Five kFive;\n"
        "inline int of(const Tag &, const Five &five) { return five.value; }\n"
        "template <class T> T add(T value) { return value + of(kTag, kFive); }\n");
  expect_shared("return add(2);", 7, "_Z3addIiET_S0_");
}

TEST_F(CompiledOnce, AFunctionThatLooksThroughATable) {
  write("static const int table[] = {5, 6, 7};\ninline int read(const int &entry) { return entry; }\n"
        "template <class T> T sum(T value) { for (const int &one : table) value += read(one); return value; }\n");
  expect_shared("return sum(2);", 20, "_Z3sumIiET_S0_");
}

TEST_F(CompiledOnce, NotWhatSeesItsCallersFrame) {
  write("__attribute__((always_inline)) inline void *caller() { return __builtin_return_address(0); }\n");
  const auto [before, after] = before_and_after("return caller() == __builtin_return_address(0);");
  EXPECT_EQ(file_.run(before), 1);
  EXPECT_EQ(file_.run(after), 1);
}

TEST_F(CompiledOnce, NotAConstantWhoseMakingIsSeen) {
  write("inline int made = 0;\nstruct Counted { Counted() : number(++made) {} int number; };\n"
        "static const Counted kFirst, kSecond;\n"
        "template <class T> T add(T value) { return value + kFirst.number * 10 + kSecond.number * 100 + made * 1000; }\n");
  const auto [before, after] = before_and_after("return add(1);");
  EXPECT_EQ(file_.run(before), 2211);
  EXPECT_EQ(file_.run(after), 2211);
}

TEST_F(CompiledOnce, NotAConstantThatReadsWhatChanges) {
  write("inline int level = 3;\ninline int raise() { return level = 4; }\ninline int raised = raise();\n"
        "struct Level { Level() : value(level) {} int value; };\nstatic const Level kLevel;\n"
        "template <class T> T add(T value) { return value + kLevel.value; }\n");
  const auto [before, after] = before_and_after("return add(raised * 10);");
  EXPECT_EQ(file_.run(before), 44);
  EXPECT_EQ(file_.run(after), 44);
}

} // namespace
} // namespace graft::test
