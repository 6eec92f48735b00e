// What services cost a plugin: a look-up of a kept value beside the maps that one would write first, and a record in a
// histogram.
#include "crowded.hpp"
#include "plugins.hpp"

#include <graft/histogram.hpp>
#include <graft/service/kv.h>

#include <tbb/concurrent_hash_map.h>

#include <array>
#include <barrier>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>

namespace graft::bench {
namespace {

constexpr int kRepeats = 251;
constexpr std::size_t kKeys = 256;
constexpr std::size_t kRounds = 8; // a fifth of a millisecond: whoever else computes seldom comes in between

std::string key_name(std::size_t index) { return "tenant:" + std::to_string(index) + ":usage"; }

/// Nanoseconds that `each` takes on each of `threads` threads, which call it for all indices at once.
template <class Each>
double each_ns(int threads, Each each) {
  std::vector<std::thread> pool;
  std::vector<double> times(static_cast<std::size_t>(threads));
  std::barrier begin(threads);
  for (double &time : times)
    pool.emplace_back([&] {
      begin.arrive_and_wait();
      const auto start = std::chrono::steady_clock::now();
      for (std::size_t round = 0; round < kRounds; ++round)
        for (std::size_t index = 0; index < kKeys; ++index) each(index);
      const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start;
      time = passed.count() / static_cast<double>(kRounds * kKeys);
    });
  for (std::thread &thread : pool) thread.join();
  double sum = 0;
  for (const double time : times) sum += time;
  return sum / threads;
}

/// Medians of all, which take turns.
template <class... Each>
std::array<Median, sizeof...(Each)> medians(int threads, Each... each) {
  std::array<std::vector<double>, sizeof...(Each)> times;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    std::size_t which = 0;
    (times[which++].push_back(each_ns(threads, each)), ...);
  }
  std::array<Median, sizeof...(Each)> middle{};
  for (std::size_t which = 0; which < middle.size(); ++which) middle[which] = median(times[which]);
  return middle;
}

void add_kv_rows(std::vector<Row> &rows) {
  const auto runtime = must(Runtime::create({.tier_up = TierUp::kFast})); // nobody else is to compute
  if (!runtime->offer_services()) std::abort();
  graft_service service{};
  if (runtime->host().acquire(&runtime->host(), graft_str_of("graft.kv"), 1, 0, &service) != GRAFT_OK) std::abort();
  const auto &kv = *static_cast<const graft_kv *>(service.table);
  std::map<std::string, std::string, std::less<>> map;
  std::mutex mutex;
  tbb::concurrent_hash_map<std::string, std::string> concurrent;
  std::vector<std::string> keys;
  for (std::size_t index = 0; index < kKeys; ++index) {
    const std::string &key = keys.emplace_back(key_name(index));
    const std::string value(24, 'v');
    kv.set(service.self, {key.data(), key.size()}, {value.data(), value.size()}, GRAFT_KV_FOREVER);
    map[key] = value;
    concurrent.insert({key, value});
  }
  const auto ours = [&](std::size_t index) {
    char out[64];
    std::size_t size = 0;
    kv.get(service.self, {keys[index].data(), keys[index].size()}, out, sizeof out, &size);
    benchmark::DoNotOptimize(out);
  };
  const auto locked = [&](std::size_t index) {
    const std::lock_guard lock(mutex);
    benchmark::DoNotOptimize(std::string(map.find(keys[index])->second));
  };
  const auto of_tbb = [&](std::size_t index) {
    decltype(concurrent)::const_accessor found;
    concurrent.find(found, keys[index]);
    benchmark::DoNotOptimize(std::string(found->second));
  };
  for (const int threads : {1, 2}) {
    const auto [kept, by_mutex, by_tbb] = medians(threads, ours, locked, of_tbb);
    const std::string by = threads == 1 ? "" : ", 2 threads";
    rows.push_back(make_row("kv get" + by, kept, "ns", "std::map and a mutex", by_mutex, Bar::kValueAtMost, 150));
    rows.push_back(
        make_row("kv get, uncounted peer" + by, kept, "ns", "tbb::concurrent_hash_map", by_tbb, Bar::kValueAtMost, 150));
  }
  runtime->host().give_back(&runtime->host(), &service);
}

void add_record_rows(std::vector<Row> &rows) {
  Histogram histogram;
  std::map<std::uint64_t, std::uint64_t> counts;
  std::mutex mutex;
  const auto ours = [&](std::size_t index) { histogram.record(500 + index * 37); };
  const auto locked = [&](std::size_t index) {
    const std::lock_guard lock(mutex);
    ++counts[(500 + index * 37) >> 5];
  };
  for (const int threads : {1, 2}) {
    const auto [recorded, by_mutex] = medians(threads, ours, locked);
    rows.push_back(make_row(std::string("histogram record") + (threads == 1 ? "" : ", 2 threads"), recorded, "ns",
                            "std::map and a mutex", by_mutex, Bar::kValueAtMost, 50));
  }
}

} // namespace

void add_service_rows(std::vector<Row> &rows) {
  add_kv_rows(rows);
  add_record_rows(rows);
}

} // namespace graft::bench
