// Vectors of 32 bytes at the gate. In a file of its own, which is compiled for processors that have such registers: a
// caller's flags decide how they pass.
#include "bundles.hpp"
#include "matchers.hpp"

#include <atomic>
#include <thread>

namespace graft {
namespace {

using test::Succeeds;

using Wide [[gnu::vector_size(32)]] = double;

GRAFT_CONTRACT(vectors, "test.vectors", 1, 0) { void (*add)(double *out, Wide a, Wide b); };

double add_wide(const Bound<vectors> &bound) {
  double out[4] = {};
  bound->add(out, Wide{1, 2, 3, 4}, Wide{10, 20, 30, 40});
  return out[0] + out[1] + out[2] + out[3];
}

TEST(AtTheGateInVectors, WideVectorsPassWhole) {
  if (!__builtin_cpu_supports("avx")) GTEST_SKIP() << "this processor has no registers as wide";
  auto runtime = Runtime::create();
  const auto version = [](const std::string &state) {
    return test::text("vectors",
                      "#include <graft/abi.h>\ntypedef double Wide __attribute__((vector_size(32)));\n"
                      "GRAFT_CONTRACT(vectors, \"test.vectors\", 1, 0) { void (*add)(double *out, Wide a, Wide b); };\n" +
                          state +
                          "\nstatic void add(double *out, Wide a, Wide b) { ++s.n;"
                          " for (int i = 0; i < 4; ++i) out[i] = a[i] + b[i]; }\nGRAFT_PROVIDE(vectors, {.add = add})\n");
  };
  const std::string narrow = "GRAFT_KEEP static struct { int n; } s;",
                    wide = "GRAFT_KEEP static struct { long pad; int n; } s;";
  ASSERT_THAT(runtime->load(version(narrow)), Succeeds());
  const auto vectors_bound = *runtime->bind<vectors>();
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::thread caller([&] {
    while (!done) wrong += add_wide(vectors_bound) != 110;
  });
  for (int round = 0; round < 10; ++round) ASSERT_THAT(runtime->reload(version(round % 2 == 0 ? wide : narrow)), Succeeds());
  done = true;
  caller.join();
  EXPECT_EQ(wrong, 0);
}

} // namespace
} // namespace graft
