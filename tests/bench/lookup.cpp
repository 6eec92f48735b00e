// How long a look-up takes, and whether two threads do twice the work of one.
#include "crowded.hpp"
#include "plugins.hpp"

#include <barrier>
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <thread>
#include <unordered_map>

namespace graft::bench {
namespace {

constexpr int kContracts = 1'000;
constexpr int kRepeats = 25;

std::string contract_name(int index) { return "bench.c" + std::to_string(index); }

std::unique_ptr<Runtime> crowded_runtime(int contracts) {
  auto runtime = must(Runtime::create({.tier_up = TierUp::kFast})); // nobody else is to compute
  std::string text = "#include <graft/abi.h>\nstatic int f(void) { return 1; }\n";
  for (int index = 0; index < contracts; ++index) {
    const std::string tag = "c" + std::to_string(index);
    text += "GRAFT_CONTRACT(" + tag + ", \"" + contract_name(index) + "\", 1, 0) { int (*f)(void); };\nGRAFT_PROVIDE(" +
            tag + ", {.f = f})\n";
  }
  must(runtime->load(bundle("crowd", text)));
  return runtime;
}

/// The peer: what one writes first. A provider that is resolved is held, as a Binding holds it.
class LockedMap {
 public:
  void put(ContractId id, graft_handle handle) {
    const std::unique_lock lock(mutex_);
    map_[id.value] = std::make_shared<graft_handle>(handle); // shared with whoever resolves it
  }
  graft_handle find(ContractId id) const {
    const std::shared_lock lock(mutex_);
    return *map_.find(id.value)->second;
  }
  std::shared_ptr<graft_handle> resolve(ContractId id) const {
    const std::shared_lock lock(mutex_);
    return map_.find(id.value)->second;
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::uint64_t, std::shared_ptr<graft_handle>> map_;
};

/// Nanoseconds a look-up takes on each of `threads` threads that all do it at once, each over all of `keys` in turn.
template <class Key, class Look>
double look_ns(int threads, std::span<const Key> keys, Look look) {
  constexpr std::size_t kLooks = 200'000;
  const std::size_t rounds = kLooks / keys.size();
  std::vector<std::thread> pool;
  std::vector<double> times(static_cast<std::size_t>(threads));
  std::barrier begin(threads);
  for (double &time : times)
    pool.emplace_back([&] {
      std::uint32_t sum = 0;
      begin.arrive_and_wait();
      const auto start = std::chrono::steady_clock::now();
      for (std::size_t round = 0; round < rounds; ++round)
        for (const Key &key : keys) sum += look(key);
      benchmark::DoNotOptimize(sum);
      const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start;
      time = passed.count() / static_cast<double>(rounds * keys.size());
    });
  for (std::thread &thread : pool) thread.join();
  double sum = 0;
  for (const double time : times) sum += time;
  return sum / threads;
}

/// Medians of a look-up and its peer, by one thread and by two.
struct Measured {
  Median ours[2];
  Median theirs[2];
};

template <class Key, class Ours, class PeerKey, class Theirs>
Measured measure(std::span<const Key> keys, Ours ours, std::span<const PeerKey> peer_keys, Theirs theirs) {
  std::vector<double> our_times[2], their_times[2];
  for (int repeat = 0; repeat < kRepeats; ++repeat)
    for (const int threads : {1, 2}) {
      our_times[threads - 1].push_back(look_ns(threads, keys, ours));
      their_times[threads - 1].push_back(look_ns(threads, peer_keys, theirs));
    }
  return {{median(our_times[0]), median(our_times[1])}, {median(their_times[0]), median(their_times[1])}};
}

/// What this machine's two processors give two threads that share nothing at all: each reads a table of its own, as large as what look-ups
/// go through, at places that hang on the key.
struct Private {
  std::vector<std::uint64_t> table = std::vector<std::uint64_t>(4'096, 1);

  std::uint64_t look(ContractId id) const {
    std::uint64_t sum = 0;
    for (int step = 0; step < 8; ++step) sum += table[(id.value >> (4 * step)) % table.size()];
    return sum;
  }
};

/// 2 threads do twice the work when each is as fast as one alone; no more can be had than threads that share nothing do.
void add_scaling_rows(std::vector<Row> &rows, const std::string &name, const Measured &found) {
  const double ours = 2 * found.ours[0] / found.ours[1], theirs = 2 * found.theirs[0] / found.theirs[1];
  rows.push_back(make_row(name, ours, "x", "threads that share nothing", theirs, Bar::kRatioAtLeast, 1.9));
  rows.back().ratio = ours;
  rows.push_back(make_row(name + ", of what there is", ours, "x", "threads that share nothing", theirs, Bar::kRatioAtLeast, 0.95));
  rows.back().ratio = ours / theirs;
}

} // namespace

void add_lookup_rows(std::vector<Row> &rows) {
  for (const int contracts : {10, 100, kContracts}) {
    const auto runtime = crowded_runtime(contracts);
    std::vector<ContractId> ids;
    std::vector<graft_handle> handles;
    LockedMap locked;
    for (int index = 0; index < contracts; ++index) {
      ids.push_back(guest_contract_id(contract_name(index), 1));
      handles.push_back(must(runtime->find(ids.back())));
      locked.put(ids.back(), handles.back());
    }
    const std::span<const ContractId> all_ids(ids);
    const std::span<const graft_handle> all_handles(handles);
    const auto found = measure(
        all_ids, [&](ContractId id) { return (*runtime->find(id)).index; }, all_ids,
        [&](ContractId id) { return locked.find(id).index; });
    const auto resolved = measure(
        all_handles, [&](graft_handle handle) { return (*runtime->resolve(handle)).handle().index; }, all_ids,
        [&](ContractId id) { return locked.resolve(id)->index; });
    const std::string among = " among " + std::to_string(contracts);
    const char *by[] = {"", ", 2 threads"};
    for (const int threads : {0, 1}) {
      rows.push_back(make_row("find" + among + by[threads], found.ours[threads], "ns", "shared_mutex map",
                              found.theirs[threads], Bar::kValueAtMost, 10));
      rows.push_back(make_row("resolve" + among + by[threads], resolved.ours[threads], "ns",
                              "shared_mutex map of shared_ptr", resolved.theirs[threads], Bar::kRatioAtMost, 1));
    }
    const auto scaled = measure(
        all_ids, [&](ContractId id) { return (*runtime->find(id)).index; }, all_ids, [](ContractId id) {
          static thread_local const Private own; // made by the thread that uses it, in pages of its own
          return static_cast<std::uint32_t>(own.look(id));
        });
    add_scaling_rows(rows, "find" + among + ", 2 threads' work over one's", scaled);
  }
}

} // namespace graft::bench
