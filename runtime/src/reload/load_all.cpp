// Many bundles at once, in whatever order they come: all are prepared, then each is committed behind those that it requires.
// What is broken is reported and holds nobody else up.
#include "../runtime_impl.hpp"
#include "stopwatch.hpp"

#include <algorithm>

namespace graft {
namespace {

/// One of the bundles on its way.
struct Candidate {
  enum class State : std::uint8_t { kWaiting, kLoaded, kBroken };

  std::string path;
  std::string name;
  Manifest manifest;
  std::vector<ProviderFacts> providers;
  Prepared prepared; ///< until it is tried
  State state = State::kWaiting;
};

/// How much of what a bundle asks for must be settled before it is tried. Each is taken only when nobody can go on by the
/// one before.
enum class Patience : std::uint8_t {
  kAll,   ///< everybody who could meet any of its requirements
  kMusts, ///< everybody who could meet one that is not optional
  kSome,  ///< somebody for each that is not optional
};

bool provides(const Candidate &candidate, const Want &want) {
  if (!want.takes_bundle(candidate.manifest.name, candidate.manifest.version)) return false;
  if (want.contract.empty()) return true;
  return std::ranges::any_of(candidate.providers, [&](const ProviderFacts &provider) {
    return provider.contract == want.contract && want.versions.contains(provider.major, provider.minor);
  });
}

class Order {
 public:
  explicit Order(std::vector<Candidate> &candidates) : candidates_(candidates) {
    // By name, so that the order does not hang on the folder's.
    std::ranges::sort(candidates_, {}, [](const Candidate &one) { return std::pair(one.name, one.path); });
  }

  /// Who can be loaded next; null when nobody is left, or only those that wait for each other.
  Candidate *next() {
    for (const Patience patience : {Patience::kAll, Patience::kMusts, Patience::kSome})
      for (Candidate &candidate : candidates_)
        if (candidate.state == Candidate::State::kWaiting && is_ready(candidate, patience)) return &candidate;
    return nullptr;
  }

  /// The members of the cycle that `start` is in or waits for: each requires the one behind it, the last the first.
  std::vector<Candidate *> cycle(Candidate &start) {
    std::vector<Candidate *> path = {&start};
    for (;;) {
      Candidate *waited_for = first_waited_for(*path.back());
      const auto before = std::ranges::find(path, waited_for);
      if (before != path.end()) return {before, path.end()};
      path.push_back(waited_for);
    }
  }

  Candidate *first_waiting() {
    const auto found = std::ranges::find(candidates_, Candidate::State::kWaiting, &Candidate::state);
    return found == candidates_.end() ? nullptr : &*found;
  }

 private:
  bool is_ready(const Candidate &candidate, Patience patience) const {
    return std::ranges::all_of(candidate.manifest.requires_, [&](const Want &want) {
      if (want.need == Need::kMay && patience != Patience::kAll) return true;
      bool waits = false, is_met = false;
      for (const Candidate &other : candidates_) {
        if (&other == &candidate || !provides(other, want)) continue;
        waits |= other.state == Candidate::State::kWaiting;
        is_met |= other.state == Candidate::State::kLoaded;
      }
      return !waits || (is_met && patience == Patience::kSome);
    });
  }

  /// One exists: somebody who is not ready by kSome waits.
  Candidate *first_waited_for(const Candidate &candidate) {
    for (const Want &want : candidate.manifest.requires_) {
      if (want.need == Need::kMay) continue;
      const auto is_loaded = [&](const Candidate &other) {
        return other.state == Candidate::State::kLoaded && provides(other, want);
      };
      if (std::ranges::any_of(candidates_, is_loaded)) continue;
      for (Candidate &other : candidates_)
        if (&other != &candidate && other.state == Candidate::State::kWaiting && provides(other, want)) return &other;
    }
    GRAFT_ASSERT(false, "who waits waits for somebody");
    return nullptr;
  }

  std::vector<Candidate> &candidates_;
};

Error cycle_error(const std::vector<Candidate *> &cycle) {
  std::string names;
  for (const Candidate *member : cycle) names += "'" + member->name + "' requires ";
  names += "'" + cycle.front()->name + "'";
  return error(Code::kConflict,
               "bundles require each other in a cycle: " + names + "; make one of these requirements optional");
}

} // namespace

Result<LoadReport> Runtime::Impl::load_all(const std::vector<std::filesystem::path> &paths) {
  GRAFT_TRY(token.refuse_owner());
  LoadReport report;
  StepTimes &times = report.times;
  std::vector<Candidate> candidates;
  std::vector<Draft> drafts;
  std::vector<std::string> names; // of those that are being loaded; empty for the others
  for (const std::filesystem::path &path : paths) {
    Draft &draft = drafts.emplace_back();
    draft.ticket = draw_ticket();
    Stopwatch watch;
    draft.text = read(path);
    times.read_ns += watch.lap_ns();
    names.emplace_back();
    if (!draft.text) continue;
    if (auto free = refuse_taken(*draft.text); free)
      records.begin(names.back() = draft.text->name);
    else
      draft.text = std::move(free).error();
  }
  prepare_all(drafts, Force::kYes, times);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    Result<Prepared> &prepared = drafts[i].prepared;
    if (prepared) {
      candidates.push_back({paths[i].string(), prepared->text.name, prepared->text.manifest,
                            prepared->generation->facts.providers, *std::move(prepared)});
      continue;
    }
    records.failed(names[i], prepared.error());
    report.broken.push_back({paths[i].string(), std::move(prepared).error()});
  }

  Order order(candidates);
  const auto fail = [&](Candidate &candidate, Error why) {
    candidate.state = Candidate::State::kBroken;
    records.failed(candidate.name, why);
    report.broken.push_back({candidate.path, std::move(why)});
  };
  while (Candidate *const waiting = order.first_waiting()) {
    if (Candidate *const ready = order.next()) {
      if (auto info = commit_new(std::move(ready->prepared), times)) {
        ready->state = Candidate::State::kLoaded;
        report.loaded.push_back(*std::move(info));
      } else {
        fail(*ready, std::move(info).error());
      }
      continue;
    }
    const std::vector<Candidate *> cycle = order.cycle(*waiting);
    for (Candidate *member : cycle) fail(*member, cycle_error(cycle));
  }
  return report;
}

} // namespace graft
