// See kernels.hpp. Both sides compile the same file; what is around it differs: a contract here, an exported function there.
#include "kernels.hpp"

#include "peers.hpp"
#include "plugins.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

GRAFT_CONTRACT(bench_kernel, "bench.kernel", 1, 0) { double (*run)(int32_t n); };

namespace graft::bench {
namespace {

constexpr int kRepeats = 21;
constexpr auto kPatience = std::chrono::minutes(1);

struct Kernel {
  const char *file;
  std::int32_t n; ///< of some milliseconds
};

constexpr Kernel kKernels[] = {{"nbody", 60'000}, {"spectral_norm", 400}, {"fannkuch", 9},
                               {"matrix", 256},   {"hash_join", 60'000},  {"json", 60'000}};

constexpr const char *kAsPlugin =
    "#include <graft/abi.h>\nGRAFT_CONTRACT(bench_kernel, \"bench.kernel\", 1, 0) { double (*run)(int32_t n); };\n"
    "GRAFT_PROVIDE(bench_kernel, {.run = kernel});\n";
constexpr const char *kAsLibrary = "double run(int32_t n) { return kernel(n); }\n";

std::string text_of(const Kernel &kernel) {
  std::ostringstream text;
  text << std::ifstream(std::string(GRAFT_BENCH_KERNELS "/") + kernel.file + ".c").rdbuf();
  return text.str();
}

template <class Run>
double milliseconds_of(Run run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// One row; the repeats of both sides alternate, so that what the machine does besides meets both.
Row measure(const Kernel &kernel) {
  const auto runtime = must(Runtime::create({.tier_up_delay = std::chrono::milliseconds(0)}));
  must(runtime->load(bundle(kernel.file, text_of(kernel) + kAsPlugin)));
  ignore(runtime->await_tier_up(kPatience), "the tier says what came of it");
  if (const std::string tier = runtime->bundles().at(0).tier; tier != "good") {
    std::fprintf(stderr, "graft_bench: kernel %s: %s\n", kernel.file, tier.c_str());
    std::exit(1);
  }
  const auto ours = must(runtime->bind<bench_kernel>());
  void *handle = nullptr;
  const std::string library = spawn_compile("clang-22", {"-O2", "-march=native"}, text_of(kernel) + kAsLibrary);
  const auto theirs = reinterpret_cast<double (*)(std::int32_t)>(open_and_find(library, "run", &handle));
  if (const double answer = ours->run(kernel.n), expected = theirs(kernel.n); answer != expected) {
    std::fprintf(stderr, "graft_bench: kernel %s answers %.17g, its peer %.17g\n", kernel.file, answer, expected);
    std::exit(1);
  }
  std::vector<double> own, peer;
  for (int i = 0; i < kRepeats; ++i) {
    own.push_back(milliseconds_of([&] { benchmark::DoNotOptimize(ours->run(kernel.n)); }));
    peer.push_back(milliseconds_of([&] { benchmark::DoNotOptimize(theirs(kernel.n)); }));
  }
  return make_row(std::string("-O2 kernel after tier-up, ") + kernel.file, median(own), "ms",
                  "clang -O2 -march=native, dlopen", median(peer), Bar::kRatioAtLeast, 0.98);
}

} // namespace

void add_kernel_rows(std::vector<Row> &rows) {
  for (const Kernel &kernel : kKernels) rows.push_back(measure(kernel));
}

} // namespace graft::bench
