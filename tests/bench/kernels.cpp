// See kernels.hpp. Both sides compile the same file; what is around it differs: a contract here, an exported function there.
#include "kernels.hpp"

#include "peers.hpp"
#include "plugins.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

GRAFT_CONTRACT(bench_kernel, "bench.kernel", 1, 0) { double (*run)(int32_t n); };

namespace graft::bench {
namespace {

constexpr int kRepeats = 201;
constexpr auto kPatience = std::chrono::minutes(1);

struct Kernel {
  const char *file;
  std::int32_t n; ///< of about a millisecond
};

constexpr Kernel kKernels[] = {{"nbody", 20'000}, {"spectral_norm", 200}, {"fannkuch", 8},
                               {"matrix", 128},   {"hash_join", 20'000},  {"json", 10'000}};

constexpr const char *kAsPlugin =
    "#include <graft/abi.h>\nGRAFT_CONTRACT(bench_kernel, \"bench.kernel\", 1, 0) { double (*run)(int32_t n); };\n"
    "GRAFT_PROVIDE(bench_kernel, {.run = kernel});\n";
constexpr const char *kAsLibrary = "double run(int32_t n) { return kernel(n); }\n";

std::string text_of(const Kernel &kernel) {
  std::ostringstream text;
  text << std::ifstream(std::string(GRAFT_BENCH_KERNELS "/") + kernel.file + ".c").rdbuf();
  return text.str();
}

/// Of the processor, spent by this thread: a kernel is one thread's work, and what else the machine does is not its.
template <class Run>
double milliseconds_of(Run run) {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  };
  const double start = now();
  run();
  return now() - start;
}

/// One row. The sides take turns, each turn the other one first, and the ratio is the median of the turns': what the machine
/// does besides meets both.
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
  std::vector<double> own, peer, ratios;
  const auto take_ours = [&] { own.push_back(milliseconds_of([&] { benchmark::DoNotOptimize(ours->run(kernel.n)); })); };
  const auto take_theirs = [&] { peer.push_back(milliseconds_of([&] { benchmark::DoNotOptimize(theirs(kernel.n)); })); };
  for (int i = 0; i < kRepeats; ++i) {
    if (i % 2 == 0) take_ours();
    take_theirs();
    if (i % 2 != 0) take_ours();
    ratios.push_back(peer.back() / own.back());
  }
  Row row = make_row(std::string("-O2 kernel after tier-up, ") + kernel.file, median(own), "ms",
                     "clang -O2 -march=native, dlopen", median(peer), Bar::kRatioAtLeast, 0.98);
  row.ratio = median(ratios);
  return row;
}

} // namespace

void add_kernel_rows(std::vector<Row> &rows) {
  for (const Kernel &kernel : kKernels) rows.push_back(measure(kernel));
}

} // namespace graft::bench
