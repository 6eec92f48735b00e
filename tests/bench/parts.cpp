// The linker alone: an artifact that is in memory becomes callable, and goes away again; beside dlopen and dlclose of the
// same code.
#include "compiles.hpp"
#include "peers.hpp"
#include "row.hpp"

#include <graft/driver/compiler.hpp>
#include <graft/jit/linker.hpp>

#include <dlfcn.h>

#include <fstream>

namespace {

using namespace graft;
using namespace graft::bench;

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "graft_bench_parts: %s\n", result.error().text().c_str());
    std::exit(1);
  }
  return *std::move(result);
}

/// One throw in the host, caught in the frame above.
__attribute__((noinline)) void throw_in_host(int value) { throw value; }
int catch_in_host() {
  try {
    throw_in_host(1);
  } catch (int value) {
    return value;
  }
  return 0;
}

/// Images that stay, each with unwind tables of its own.
std::vector<std::unique_ptr<jit::Image>> crowd(jit::Linker &linker, const Artifact &artifact,
                                               const jit::LinkOptions &options) {
  constexpr int kImages = 3'000;
  std::vector<std::unique_ptr<jit::Image>> images;
  for (int i = 0; i < kImages; ++i) images.push_back(must(linker.link(artifact, options)));
  return images;
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: graft_bench_parts ROWS.json\n");
    return 2;
  }
  const std::string text = "int step(int value) { return value + 1; }\n";
  const auto compiler = must(driver::Compiler::create());
  const auto linker = must(jit::Linker::create());
  driver::Job job;
  job.bundle = "step";
  job.sources.push_back({"step.c", text, driver::Language::kFromName});
  const Artifact artifact = must(compiler->compile(job));
  jit::LinkOptions options;
  options.name = "step";
  options.exports = {"step"};

  jit::LinkOptions recording = options;
  recording.prelink = jit::Prelink::kYes;
  const std::vector<char> bytes = must(linker->link(artifact, recording))->prelinked();
  jit::LinkOptions placing = options;
  placing.prelinked = bytes;

  const auto link = [&](const jit::LinkOptions &how) {
    auto image = must(linker->link(artifact, how));
    if (!image->run_initialisers() || image->address("step") == nullptr) std::exit(1);
    return image;
  };
  const auto linking = [&](const jit::LinkOptions &how) {
    return [&](benchmark::State &state) {
      for (auto _ : state) {
        auto image = link(how);
        state.PauseTiming();
        image.reset();
        state.ResumeTiming();
      }
    };
  };
  benchmark::RegisterBenchmark("link", linking(options));
  benchmark::RegisterBenchmark("place", linking(placing));
  benchmark::RegisterBenchmark("unlink", [&](benchmark::State &state) {
    for (auto _ : state) {
      state.PauseTiming();
      auto image = link(options);
      state.ResumeTiming();
      image.reset();
    }
  });
  const std::string library = spawn_compile("clang-22", {"-O0"}, text);
  benchmark::RegisterBenchmark("dlopen", [&](benchmark::State &state) {
    for (auto _ : state) {
      void *handle = nullptr;
      benchmark::DoNotOptimize(open_and_find(library, "step", &handle));
      state.PauseTiming();
      dlclose(handle);
      state.ResumeTiming();
    }
  });
  benchmark::RegisterBenchmark("dlclose", [&](benchmark::State &state) {
    for (auto _ : state) {
      state.PauseTiming();
      void *handle = nullptr;
      open_and_find(library, "step", &handle);
      state.ResumeTiming();
      dlclose(handle);
    }
  });

  const auto throwing = [](benchmark::State &state) {
    for (auto _ : state) benchmark::DoNotOptimize(catch_in_host());
  };
  benchmark::RegisterBenchmark("throw_alone", throwing);

  Collector measured;
  run_interleaved(measured);
  benchmark::ClearRegisteredBenchmarks();
  // Behind the others: they are to find an empty process.
  const auto images = crowd(*linker, artifact, options);
  benchmark::RegisterBenchmark("throw_crowded", throwing);
  run_interleaved(measured);
  const auto us = [&](const char *name) { return measured.median_ns(name) / 1e3; };
  std::vector<Row> rows = {
      make_row("load of an artifact in memory", us("link"), "us", "", 0, Bar::kValueAtMost, 60),
      make_row("load of an artifact in memory", us("link"), "us", "dlopen of the same", us("dlopen"), Bar::kRatioAtMost, 3),
      make_row("load of an artifact that was linked before", us("place"), "us", "", 0, Bar::kValueAtMost, 60),
      make_row("load of an artifact that was linked before", us("place"), "us", "dlopen of the same", us("dlopen"),
               Bar::kRatioAtMost, 1),
      make_row("unmap", us("unlink"), "us", "dlclose of the same", us("dlclose"), Bar::kValueAtMost, 200),
      make_row("throw in the host, 3,000 live images", us("throw_crowded"), "us", "the same with none", us("throw_alone"),
               Bar::kRatioAtMost, 2),
  };
  add_compile_rows(rows);
  nlohmann::json json = nlohmann::json::array();
  for (const Row &row : rows) json.push_back(to_json(row));
  std::ofstream(argv[1]) << json.dump(2) << "\n";
}
