// Does compiled and linked code throw where its stack ends, in each kind of image, and only there? Without a runtime.
#include "matchers.hpp"
#include "sanitizers.hpp"

#include <graft/base/stack_overflow.hpp>
#include <graft/driver/compiler.hpp>
#include <graft/jit/linker.hpp>
#include <graft/jit/stack_limit.hpp>

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace graft {
namespace {

using test::Succeeds;

/// `deep(n)`: n frames, without end when n is negative. `alive()`: objects whose destructors have not run.
const std::string kInC = R"(
static int returns;
int deep(int n) {
  volatile char frame[64];
  frame[0] = (char)n;
  if (n == 0) return 0;
  const int below = deep(n - 1);
  ++returns;
  return below + frame[0];
}
int alive(void) { return returns; }
)";

const std::string kInCxx = R"(
#include <map>
#include <string>
static int objects = 0;
struct Named {
  std::map<int, std::string> names;
  explicit Named(int n) { names[n] = std::string(100, 'x'); ++objects; }
  ~Named() { names.clear(); --objects; }
};
extern "C" int deep(int n) {
  Named named(n);
  return n == 0 ? 0 : deep(n - 1) + static_cast<int>(named.names.size());
}
extern "C" int alive() { return objects; }
)";

class Images : public testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override {
    if (test::kInstrumented) GTEST_SKIP() << "sanitizers take stack of their own";
    options_.name = "b";
    options_.exports = {"deep", "alive"};
  }

  Result<Artifact> compile(const std::string &name, const std::string &text, unsigned optimise,
                           driver::Role role = driver::Role::kOnly, driver::Bitcode bitcode = driver::Bitcode::kOmit) {
    driver::Job job;
    job.bundle = "b";
    job.sources.push_back({name, text, driver::Language::kFromName});
    job.options.optimise = optimise;
    job.options.role = role;
    job.options.bitcode = bitcode;
    return compiler_->compile(job);
  }
  std::unique_ptr<jit::Image> link(const Result<Artifact> &artifact) {
    EXPECT_THAT(artifact, Succeeds());
    if (!artifact) return nullptr;
    auto image = linker_->link(*artifact, options_);
    EXPECT_THAT(image, Succeeds());
    if (!image) return nullptr;
    EXPECT_THAT((*image)->run_initialisers(), Succeeds());
    return std::move(*image);
  }
  static int call(const jit::Image &image, const char *name, int argument = 0) {
    return reinterpret_cast<int (*)(int)>(const_cast<void *>(image.address(name)))(argument);
  }
  static bool overflows(const jit::Image &image, int depth) {
    try {
      call(image, "deep", depth);
      return false;
    } catch (const StackOverflow &) {
      return true;
    }
  }
  /// Twice out of stack and once not.
  static void dive(const jit::Image &image) {
    jit::watch_stack();
    const std::uintptr_t limit = jit::stack_limit();
    EXPECT_NE(limit, 0u);
    EXPECT_TRUE(overflows(image, -1));
    EXPECT_EQ(jit::stack_limit(), limit); // what the exception took is given back
    EXPECT_TRUE(overflows(image, -1));
    EXPECT_FALSE(overflows(image, 1'000));
  }

  const jit::StackReserve reserve_{128 * 1024};
  const std::unique_ptr<jit::Linker> linker_ = *jit::Linker::create();
  const std::unique_ptr<driver::Compiler> compiler_ = *driver::Compiler::create({});
  jit::LinkOptions options_;
};

TEST_P(Images, OfCThrowThroughFramesOfC) {
  const auto image = link(compile("a.c", kInC, GetParam()));
  ASSERT_NE(image, nullptr);
  dive(*image);
  EXPECT_EQ(call(*image, "alive"), 1'000);
}

TEST_P(Images, OfCxxRunTheirDestructors) {
  const auto image = link(compile("a.cpp", kInCxx, GetParam()));
  ASSERT_NE(image, nullptr);
  dive(*image);
  EXPECT_EQ(call(*image, "alive"), 0);
}

TEST_P(Images, OfBitcodeThrowToo) {
  const auto artifact = compile("a.cpp", kInCxx, 0, driver::Role::kOnly, driver::Bitcode::kKeep);
  ASSERT_THAT(artifact, Succeeds());
  const auto image = link(compile("a.bc", std::string(artifact->bitcode.begin(), artifact->bitcode.end()), GetParam()));
  ASSERT_NE(image, nullptr);
  dive(*image);
  EXPECT_EQ(call(*image, "alive"), 0);
}

TEST_P(Images, ThatWerePrelinkedThrowToo) {
  options_.prelink = jit::Prelink::kYes;
  const auto artifact = compile("a.c", kInC, GetParam());
  const auto image = link(artifact);
  ASSERT_NE(image, nullptr);
  const std::vector<char> bytes = image->prelinked();
  ASSERT_FALSE(bytes.empty());
  options_.prelinked = bytes;
  const auto placed = link(artifact);
  ASSERT_NE(placed, nullptr);
  dive(*placed);
  dive(*image);
}

INSTANTIATE_TEST_SUITE_P(At, Images, testing::Values(0u, 1u, 2u),
                         [](const auto &each) { return "O" + std::to_string(each.param); });

using SecondImages = Images;

TEST_P(SecondImages, ThrowLikeTheFirst) {
  options_.second = jit::Second::kPossible;
  const auto first = link(compile("a.cpp", kInCxx, 0, driver::Role::kFirst));
  ASSERT_NE(first, nullptr);
  dive(*first);
  const auto artifact = compile("a.cpp", kInCxx, GetParam(), driver::Role::kSecond);
  ASSERT_THAT(artifact, Succeeds());
  auto second = linker_->link_second(*first, *artifact, options_);
  ASSERT_THAT(second, Succeeds());
  ASSERT_THAT(first->take_over(std::move(*second)), Succeeds());
  dive(*first);
  EXPECT_EQ(call(*first, "alive"), 0);
}

INSTANTIATE_TEST_SUITE_P(At, SecondImages, testing::Values(2u));

/// It is worked out where the C library would read the list of all mappings; the two agree.
TEST(MainThread, HasTheStackThatTheCLibrarySays) {
  if (::gettid() != ::getpid()) GTEST_SKIP() << "not the main thread";
  pthread_attr_t attributes;
  ASSERT_EQ(::pthread_getattr_np(::pthread_self(), &attributes), 0);
  void *begin = nullptr;
  std::size_t size = 0;
  ::pthread_attr_getstack(&attributes, &begin, &size);
  ::pthread_attr_destroy(&attributes);
  constexpr std::size_t kReserve = 64 * 1024;
  const jit::StackReserve reserve(kReserve);
  jit::unwatch_stack();
  jit::watch_stack();
  const std::uintptr_t limit = jit::stack_limit();
  jit::unwatch_stack();
  EXPECT_EQ(limit, reinterpret_cast<std::uintptr_t>(begin) + kReserve);
}

TEST_P(Images, WithoutAReserveAreNotWatched) {
  const jit::StackReserve none(0);
  jit::unwatch_stack();
  EXPECT_EQ(jit::stack_limit(), 0u);
  const auto image = link(compile("a.c", kInC, GetParam()));
  ASSERT_NE(image, nullptr);
  EXPECT_FALSE(overflows(*image, 1'000));
  EXPECT_EQ(jit::stack_limit(), 0u);
}

} // namespace
} // namespace graft
