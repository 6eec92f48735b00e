// When do initialisers and finalisers run, in which order, and how often?
#include "matchers.hpp"
#include "objects.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace graft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// What images say, in order.
struct Log {
  std::string text;
};
Log *current_log = nullptr;
void say(const char *word) { current_log->text += word; }

constexpr const char *kSay = "extern \"C\" void say(const char *);\n"
                             "struct Talker { const char *out; Talker(const char *in, const char *o) : out(o) { say(in); }"
                             " ~Talker() { say(out); } };\n";

class Life : public testing::Test {
 protected:
  void SetUp() override { current_log = &log_; }
  std::unique_ptr<jit::Image> link_talking(const Artifact &artifact, std::vector<std::string> exports = {}) {
    return link(*linker_, artifact, std::move(exports), {{"say", reinterpret_cast<const void *>(&say)}});
  }
  static std::string with_talker(const std::string &text) { return kSay + text; }

  Log log_;
  std::unique_ptr<jit::Linker> linker_ = make_linker();
};

TEST_F(Life, ConstructorsRunInTheOrderOfFilesAndDestructorsBackwards) {
  auto image =
      link_talking(artifact({{"a.cpp", with_talker("static Talker a1{\"a\", \"A\"}; static Talker a2{\"b\", \"B\"};")},
                             {"b.cpp", with_talker("static Talker b1{\"c\", \"C\"};")}}));
  EXPECT_EQ(log_.text, "");
  ASSERT_THAT(image->run_initialisers(), Succeeds());
  EXPECT_EQ(log_.text, "abc");
  image->run_finalisers();
  EXPECT_EQ(log_.text, "abcCBA");
}

TEST_F(Life, PrioritiesGoBeforeTheOrderOfFiles) {
  auto image = link_talking(
      artifact({{"a.c", "void say(const char *); __attribute__((constructor)) static void c(void) { say(\"3\"); }\n"
                        "__attribute__((destructor)) static void d(void) { say(\"x\"); }"},
                {"b.c", "void say(const char *); __attribute__((constructor(102))) static void c(void) { say(\"2\"); }\n"
                        "__attribute__((constructor(101))) static void b(void) { say(\"1\"); }\n"
                        "__attribute__((destructor(101))) static void d(void) { say(\"z\"); }\n"
                        "__attribute__((destructor(102))) static void e(void) { say(\"y\"); }"}}));
  ASSERT_THAT(image->run_initialisers(), Succeeds());
  image->run_finalisers();
  EXPECT_EQ(log_.text, "123xyz");
}

TEST_F(Life, AnInitialiserInAComdatGroupOfTwoFilesRunsOnce) {
  const auto grouped = [](const std::string &word) {
    return "void say(const char *); __attribute__((used)) static void begin(void) { say(\"" + word +
           "\"); }\n__asm__(\".section .init_array,\\\"awG\\\",@init_array,key,comdat\\n.quad begin\\n.text\");";
  };
  auto image = link_talking(artifact({{"a.c", grouped("a")}, {"b.c", grouped("b")}}));
  ASSERT_THAT(image->run_initialisers(), Succeeds());
  EXPECT_EQ(log_.text, "a");
}

// A template's static member: each file has its initialiser, one of them constructs.
TEST_F(Life, AStaticMemberOfATemplateInTwoFilesIsConstructedOnce) {
  const std::string text = with_talker("template <class T> struct Holder { static Talker talker; };\n"
                                       "template <class T> Talker Holder<T>::talker{\"a\", \"A\"};\n");
  auto image = link_talking(artifact({{"a.cpp", text + "void *f() { return &Holder<int>::talker; }"},
                                      {"b.cpp", text + "void *g() { return &Holder<int>::talker; }"}}));
  ASSERT_THAT(image->run_initialisers(), Succeeds());
  image->run_finalisers();
  EXPECT_EQ(log_.text, "aA");
}

TEST_F(Life, TablesOfOlderCompilersRunFromTheirEnd) {
  auto image = link_talking(artifact({{"a.c", "void say(const char *); typedef void (*step)(void);\n"
                                              "static void a(void) { say(\"a\"); } static void b(void) { say(\"b\"); }\n"
                                              "static void c(void) { say(\"c\"); } static void d(void) { say(\"d\"); }\n"
                                              "__attribute__((section(\".ctors\"), used)) static step up[] = {b, a};\n"
                                              "__attribute__((section(\".dtors\"), used)) static step down[] = {c, d};"}}));
  ASSERT_THAT(image->run_initialisers(), Succeeds());
  image->run_finalisers();
  EXPECT_EQ(log_.text, "abcd");
}

TEST_F(Life, FinalisersRunOnceHoweverOftenTheyAreAskedFor) {
  auto image = link_talking(artifact({{"a.cpp", with_talker("static Talker a{\"a\", \"A\"};")}}));
  ASSERT_THAT(image->run_initialisers(), Succeeds());
  image->run_finalisers();
  image->run_finalisers();
  EXPECT_EQ(log_.text, "aA");
}

TEST_F(Life, NothingRunsInAnImageThatIsOnlyDestroyed) {
  auto image = link_talking(artifact({{"a.cpp", with_talker("static Talker a{\"a\", \"A\"};")}}));
  image.reset();
  EXPECT_EQ(log_.text, "");
}

TEST_F(Life, AtexitFunctionsRunNewestFirstBeforeFinalisers) {
  auto image = link_talking(artifact({{"a.c", "#include <stdlib.h>\nvoid say(const char *);\n"
                                              "static void nested(void) { say(\"n\"); }\n"
                                              "static void one(void) { say(\"1\"); atexit(nested); }\n"
                                              "static void two(void) { say(\"2\"); }\n"
                                              "__attribute__((destructor)) static void last(void) { say(\"L\"); }\n"
                                              "int f(void) { return atexit(one) + atexit(two); }"}}),
                            {"f"});
  ASSERT_THAT(image->run_initialisers(), Succeeds());
  EXPECT_EQ(function<int()>(*image, "f")(), 0);
  image->run_finalisers();
  EXPECT_EQ(log_.text, "21nL");
}

TEST_F(Life, FunctionStaticsAreConstructedAtTheFirstCallAndDestroyedAtTheEnd) {
  auto image = link_talking(
      artifact({{"a.cpp", with_talker("extern \"C\" void f() { static Talker t{\"t\", \"T\"}; say(\".\"); }")}}), {"f"});
  ASSERT_THAT(image->run_initialisers(), Succeeds());
  function<void()>(*image, "f")();
  function<void()>(*image, "f")();
  image->run_finalisers();
  EXPECT_EQ(log_.text, "t..T");
}

TEST_F(Life, AnInlineVariableOfTwoFilesIsConstructedOnce) {
  const std::string header = with_talker("inline Talker shared{\"s\", \"S\"};\n");
  auto image = link_talking(
      artifact({{"a.cpp", header + "void *f() { return &shared; }"}, {"b.cpp", header + "void *g() { return &shared; }"}}),
      {"_Z1fv", "_Z1gv"});
  ASSERT_THAT(image->run_initialisers(), Succeeds());
  EXPECT_EQ(function<void *()>(*image, "_Z1fv")(), function<void *()>(*image, "_Z1gv")());
  image->run_finalisers();
  EXPECT_EQ(log_.text, "sS");
}

TEST_F(Life, TwoImagesOfOneArtifactHaveStaticsOfTheirOwn) {
  const Artifact both = artifact({{"a.c", "static int n; int next(void) { return ++n; }"}});
  auto first = link_talking(both, {"next"});
  auto second = link_talking(both, {"next"});
  EXPECT_EQ(function<int()>(*first, "next")(), 1);
  EXPECT_EQ(function<int()>(*first, "next")(), 2);
  EXPECT_EQ(function<int()>(*second, "next")(), 1);
}

TEST_F(Life, InitialisersAreHandedTheArgumentsOfTheProgram) {
  static const char *const argv[] = {"program", "one", nullptr};
  jit::LinkOptions options;
  options.name = "test";
  options.symbols = {{"say", reinterpret_cast<const void *>(&say)}};
  options.arguments = {2, argv};
  auto image = linker_->link(
      artifact(
          {{"a.c", "void say(const char *);\n__attribute__((constructor)) static void c(int argc, char **argv, char **envp) "
                   "{ say(argv[argc - 1]); if (envp && !argv[argc]) say(\"!\"); }"}}),
      options);
  ASSERT_THAT(image, Succeeds());
  ASSERT_THAT((*image)->run_initialisers(), Succeeds());
  EXPECT_EQ(log_.text, "one!");
}

TEST_F(Life, AnInitialiserThatThrowsIsAnErrorAndWhatWasConstructedIsDestroyed) {
  auto image = link_talking(
      artifact({{"a.cpp", "#include <stdexcept>\n" +
                              with_talker("static Talker a{\"a\", \"A\"};\n"
                                          "static int b = [] () -> int { throw std::runtime_error(\"no database\"); }();\n"
                                          "static Talker c{\"c\", \"C\"};")}}));
  EXPECT_THAT(image->run_initialisers(),
              FailsWith(Code::kException, AllOf(HasSubstr("std::runtime_error"), HasSubstr("no database"))));
  EXPECT_EQ(log_.text, "aA");
  image->run_finalisers();
  EXPECT_EQ(log_.text, "aA");
}

TEST_F(Life, AnInitialiserThatThrowsATypeOfItsOwnIsNamed) {
  auto image = link_talking(artifact(
      {{"a.cpp", "namespace mine { struct Broken {}; }\nstatic int b = [] () -> int { throw mine::Broken{}; }();"}}));
  EXPECT_THAT(image->run_initialisers(), FailsWith(Code::kException, HasSubstr("mine::Broken")));
}

TEST_F(Life, AtexitFunctionsThatThrowDoNotEndTheProcess) {
  auto image = link_talking(artifact({{"a.cpp", with_talker("#include <cstdlib>\nstatic Talker a{\"a\", \"A\"};\n"
                                                            "extern \"C\" void f() { std::atexit([] { throw 1; }); }")}}),
                            {"f"});
  ASSERT_THAT(image->run_initialisers(), Succeeds());
  function<void()>(*image, "f")();
  image->run_finalisers();
  EXPECT_EQ(log_.text, "aA");
}

TEST_F(Life, ForkHandlersRunWhileTheImageLivesAndNotAfterwards) {
  auto image =
      link_talking(artifact({{"a.c", "#include <pthread.h>\nstatic int n; static void before(void) { ++n; }\n"
                                     "int f(void) { return pthread_atfork(before, 0, 0); } int count(void) { return n; }"}}),
                   {"f", "count"});
  ASSERT_EQ(function<int()>(*image, "f")(), 0);
  const auto fork_once = [] {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    int status = 0;
    ::waitpid(child, &status, 0);
  };
  fork_once();
  EXPECT_EQ(function<int()>(*image, "count")(), 1);
  image.reset();
  fork_once(); // would call into unmapped memory
}

TEST_F(Life, QuickExitRunsWhatTheImageRegisteredForIt) {
  auto image =
      link_talking(artifact({{"a.c", "#include <stdlib.h>\n#include <unistd.h>\nstatic void bye(void) { _exit(7); }\n"
                                     "void f(void) { at_quick_exit(bye); quick_exit(3); }"}}),
                   {"f"});
  EXPECT_EXIT(function<void()>(*image, "f")(), testing::ExitedWithCode(7), "");
}

} // namespace
} // namespace graft::test
