// What a header's functions and a source both see is one thing, wherever it was compiled.
#include "learned.hpp"
#include "temp_folder.hpp"

#include <fstream>

namespace graft::test {
namespace {

/// What stands in a header, and what a source asks of it.
struct Seen {
  const char *name, *header, *run;
  int answer;
};

void PrintTo(const Seen &seen, std::ostream *out) { *out << seen.name; }

class Identity : public testing::TestWithParam<Seen> {};

TEST_P(Identity, IsTheSameBeforeAndAfterItWasLearned) {
  const TempFolder folder;
  std::ofstream(folder.path() / "seen.hpp") << "#pragma once\n" << GetParam().header;
  Edited file((folder.path() / "edited.cpp").string());
  const std::string text =
      std::string("#include \"seen.hpp\"\nextern \"C\" int run(void) { return ") + GetParam().run + "; }\n";
  EXPECT_EQ(file.run(text), GetParam().answer);
  for (const char *more : {"int a;\n", "int a, b;\n"}) {
    file.compiler->wait_for_preambles();
    EXPECT_EQ(file.run(text + more), GetParam().answer);
  }
}

const Seen kSeen[] = {
    {"AnEntryOfATable",
     "struct Op { const char *name; int value; };\nstatic const Op table[] = {{\"add\", 1}, {\"sub\", 2}, {\"mul\", 3}};\n"
     "template <class T> const Op *look(T value) { for (auto &one : table) if (one.value == value) return &one; return 0; "
     "}\n",
     "static_cast<int>(look(3) - table)", 2},
    {"AnObjectThatMeansNone",
     "struct Node { const Node *next; };\ninline constexpr int one = 1;\nstatic const Node nil{nullptr};\n"
     "template <class T> const Node *end_of(T) { return &nil; }\n"
     "template <class T> bool is_end(T node) { return node == &nil; }\n",
     "(end_of(1) == &nil) + 10 * is_end(&nil)", 11},
    {"ALiteralThatMeansNone",
     "constexpr const char *kNone = \"none\";\ntemplate <class T> bool is_none(const T *p) { return p == kNone; }\n"
     "template <class T> const T *none() { return kNone; }\nstruct Name { const char *text = kNone; };\n",
     "is_none(kNone) + 10 * (none<char>() == kNone) + 100 * (Name().text == kNone)", 111},
    {"AFunctionThatIsHeld",
     "static void nothing(int) {}\nstruct W { void (*call)(int) = nothing; bool on() const { return call != nothing; } };\n",
     "[] { W w; return w.on() + 10 * (w.call == nothing); }()", 10},
    {"AStaticOfAFunctionThatItsLambdaReads",
     "inline auto names() { static constexpr int n[] = {3, 4, 5}; return [](int i) { return n[i]; }; }\n", "names()(1)", 4},
    {"AStaticOfAFunctionThatItsLambdaChanges",
     "struct Q { auto f() { static int k = 6; return [this] { return k++; }; } };\n", "Q{}.f()() * 10 + Q{}.f()()", 67},
    {"AStaticOfAFunctionThatItsClassReads",
     "inline auto made() { static const int t[3] = {7, 8, 9}; struct I { int v(int i) { return t[i]; } }; return I{}; }\n",
     "made().v(2)", 9},
};

INSTANTIATE_TEST_SUITE_P(Of, Identity, testing::ValuesIn(kSeen),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
} // namespace graft::test
