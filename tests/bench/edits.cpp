// An edit of C++ that leans on its headers, from saved to called. The peer compiles the same text, without graft's lines, in
// a process of its own.
#include "crowded.hpp"
#include "peers.hpp"
#include "plugins.hpp"

#include <graft/abi.h>

#include <dlfcn.h>

#include <chrono>
#include <functional>

GRAFT_CONTRACT(bench_step, "bench.step", 1, 0) { int32_t (*step)(int32_t value); };

namespace graft::bench {
namespace {

constexpr int kEdits = 15, kFirstBuilds = 7;

/// A source: its head, a function `int32_t work(int32_t)`, and uses of its headers that it does not make.
struct Plugin {
  const char *name;
  const char *head;
  const char *work;
  const char *more[3];
  double bar_ms, bar_times;
};

const Plugin kPlugins[] = {
    {"STL",
     "#include <algorithm>\n#include <iostream>\n#include <stdexcept>\n#include <string>\n#include "
     "<unordered_map>\n#include <vector>\n",
     R"(static int32_t work(int32_t value) {
  std::vector<int> values = {3, 1, value};
  std::sort(values.begin(), values.end());
  std::unordered_map<std::string, int> counts;
  for (int one : values) counts[std::to_string(one)] += one;
  try {
    if (counts.size() > 100) throw std::runtime_error("many");
    if (value < -1) std::cout << "negative" << std::endl;
  } catch (const std::exception &error) {
    return static_cast<int>(std::string(error.what()).size());
  }
  return values[0] + static_cast<int>(counts.size());
}
)",
     {"static int more() { std::vector<long> v(3); std::reverse(v.begin(), v.end()); return static_cast<int>(v.size()); }\n",
      "static int more() { std::unordered_map<int, double> m; m[1] = 2; return static_cast<int>(m.size()); }\n",
      "static int more() { std::vector<std::string> v(2); std::sort(v.begin(), v.end()); return static_cast<int>(v.size()); "
      "}\n"},
     30,
     15},
    {"nlohmann-json",
     "#include <nlohmann/json.hpp>\n#include <string>\n",
     R"(static int32_t work(int32_t value) {
  auto json = nlohmann::json::parse("{\"a\": [1, 2, {\"b\": null}], \"c\": 1.5}");
  json["value"] = value;
  json["list"] = {1, 2, 3};
  return static_cast<int>(json.dump(2).size()) + json["a"][1].get<int>();
}
)",
     {"static int more() { return static_cast<int>(nlohmann::json::parse(\"[1.5]\")[0].get<double>()); }\n",
      "static int more() { return static_cast<int>(nlohmann::json(std::string(\"x\")).get<std::string>().size()); }\n",
      "static int more() { return nlohmann::json(nlohmann::json::array({1, 2})).contains(\"x\"); }\n"},
     60,
     25},
#if __has_include(<eigen3/Eigen/Dense>)
    {"Eigen",
     "#include <eigen3/Eigen/Dense>\n",
     R"(static int32_t work(int32_t value) {
  Eigen::Matrix4d a = Eigen::Matrix4d::Identity() * (value + 2);
  a(0, 1) = 1;
  const Eigen::Vector4d x = a.colPivHouseholderQr().solve(Eigen::Vector4d::Ones());
  Eigen::MatrixXd b = Eigen::MatrixXd::Identity(5, 3) * 2;
  Eigen::JacobiSVD<Eigen::MatrixXd> svd(b, Eigen::ComputeThinU | Eigen::ComputeThinV);
  return static_cast<int>(x.sum() * 8 + svd.singularValues()(0));
}
)",
     {"static int more() { Eigen::Vector3f v(1, 2, 3); return static_cast<int>(v.dot(v)); }\n",
      "static int more() { Eigen::Matrix2d m; m << 1, 2, 3, 4; return static_cast<int>(m.determinant()); }\n",
      "static int more() { Eigen::MatrixXf m = Eigen::MatrixXf::Ones(2, 2); return static_cast<int>(m.norm()); }\n"},
     90,
     50},
#endif
};

std::string body(const Plugin &plugin, int edit) {
  return plugin.work + std::string("int edit = ") + std::to_string(edit) + ";\n";
}

MemoryBundle as_bundle(const Plugin &plugin, const std::string &text) {
  const std::string contract = "GRAFT_CONTRACT(bench_step, \"bench.step\", 1, 0) { int32_t (*step)(int32_t value); };\n";
  return {"edited",
          {{"main.cpp", "#include <graft/abi.h>\n" + std::string(plugin.head) + contract + text +
                            "GRAFT_PROVIDE(bench_step, {.step = work})\n"}}};
}

double milliseconds(const std::function<void()> &what) {
  const auto start = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double spawned_ms(const Plugin &plugin, int edit) {
  const std::string text = "#include <cstdint>\n" + std::string(plugin.head) + body(plugin, edit) +
                           "extern \"C\" int32_t step(int32_t value) { return work(value); }\n";
  return milliseconds([&] {
    void *handle = nullptr;
    const std::string library = spawn_compile("clang++-22", {"-O0", "-std=c++23"}, text); // the standard of our side, too
    auto *step = reinterpret_cast<int32_t (*)(int32_t)>(open_and_find(library, "step", &handle));
    benchmark::DoNotOptimize(step(1));
    dlclose(handle);
  });
}

std::unique_ptr<Runtime> runtime_of_an_author() {
  Config config;
  config.learning = Learning::kAtOnce;
  return must(Runtime::create(std::move(config)));
}

/// First builds, each in a runtime that knows nothing yet, and spawned compilers: they take turns, each turn the other one first.
struct FirstBuilds {
  std::vector<double> ours, spawned, ratios;
};

FirstBuilds first_builds_ms(const Plugin &plugin) {
  FirstBuilds times;
  for (int turn = 0; turn < kFirstBuilds; ++turn) {
    if (turn % 2 == 0) times.spawned.push_back(spawned_ms(plugin, turn));
    auto runtime = runtime_of_an_author();
    times.ours.push_back(milliseconds([&] {
      must(runtime->load(as_bundle(plugin, body(plugin, turn))));
      must(runtime->bind<bench_step>())->step(1);
    }));
    runtime.reset(); // and with it what it would learn
    if (turn % 2 != 0) times.spawned.push_back(spawned_ms(plugin, turn));
    times.ratios.push_back(times.ours.back() / times.spawned.back());
  }
  return times;
}

void add_rows_of(const Plugin &plugin, std::vector<Row> &rows) {
  const FirstBuilds first = first_builds_ms(plugin);
  const auto runtime = runtime_of_an_author();
  int edit = kFirstBuilds;
  must(runtime->load(as_bundle(plugin, body(plugin, edit++))));
  const auto bound = must(runtime->bind<bench_step>());
  const auto save = [&](const std::string &text) {
    return milliseconds([&] {
      must(runtime->reload(as_bundle(plugin, text)));
      benchmark::DoNotOptimize(bound->step(1));
    });
  };
  runtime->await_learning();
  std::vector<double> edits, more;
  for (int i = 0; i < kEdits; ++i) {
    edits.push_back(save(body(plugin, edit++)));
    runtime->await_learning(); // who saves thinks in between; what is done then is not waited for
  }
  for (const char *use : plugin.more) {
    more.push_back(save(use + body(plugin, edit++) + "int (*used)() = more;\n"));
    runtime->await_learning();
  }
  const Median spawned = median(first.spawned), again = median(edits);
  const std::string name = std::string("C++ with ") + plugin.name;
  rows.push_back(make_row(name + ", second save on", again, "ms", "", 0, Bar::kValueAtMost, plugin.bar_ms));
  rows.push_back(make_row(name + ", second save on", again, "ms", "spawn clang++ -shared + dlopen", spawned,
                          Bar::kRatioAtLeast, plugin.bar_times));
  rows.push_back(
      make_row(name + ", one more instantiation", median(more), "ms", "the row above", again, Bar::kRatioAtMost, 2));
  rows.push_back(make_row(name + ", first build", median(first.ours), "ms", "spawn clang++ -shared + dlopen", spawned,
                          Bar::kRatioAtMost, 1));
  rows.back().ratio = median(first.ratios);
}

} // namespace

void add_edit_rows(std::vector<Row> &rows) {
  for (const Plugin &plugin : kPlugins) add_rows_of(plugin, rows);
}

} // namespace graft::bench
