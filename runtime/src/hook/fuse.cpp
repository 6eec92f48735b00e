// From a chain that has not changed for a while to its fused function (fused.hpp), on the thread that optimises.
//
// No token is held and no publication made: the function is attached to the chain that is live, which a newer one takes with
// it.
#include "../runtime_impl.hpp"
#include "fused.hpp"

#include <graft/driver/fuse.hpp>

#include <algorithm>

namespace graft {
namespace {

constexpr std::size_t kLeast = 2; // between plugins is what is saved
constexpr std::size_t kMost = 64; // a function of more is no faster, and takes long to compile

/// The table of a seat, while it is that of `generation`; null when the slot has moved on, or waits behind a gate.
const void *table_of(const Seat &seat, const Generation &generation) {
  const Pin pin(*seat.slot);
  const Table &table = Table::of(pin.table());
  const bool is_its = !table.is_gate() && table.generation() == &generation;
  const bool is_there = !detail::is_stub(*static_cast<const void *const *>(pin.table()));
  return is_its && is_there && seat.slot->tag.load(std::memory_order_acquire) == seat.tag ? pin.table() : nullptr; // C2
}

/// Why a generation of that tier has no bitcode.
std::string why_not(const std::string &tier) {
  if (tier == "good") return "was compiled at once for speed, or by a worker";
  return tier == "machine code" ? "is machine code" : "is not optimised: " + tier;
}

/// Generations that do not end meanwhile (Generation::borrowed).
struct Borrowed {
  std::vector<Generation *> generations;
  ~Borrowed() {
    for (Generation *generation : generations)
      generation->borrowed.store(false, std::memory_order_release); // pairs with the retirement
  }
};

} // namespace

void Runtime::Impl::ask_to_fuse(HookPointRecord &point) {
  const LiveChain chain = hooks.live_chain(point);
  const bool may_tier_up = config.optimise == 0 && config.tier_up.value_or(TierUp::kFastThenGood) == TierUp::kFastThenGood;
  const char *reason = config.hooks.fuse == Fuse::kNever ? "the host's configuration says so"
                       : !may_tier_up                    ? "nothing is optimised in the background"
                       : chain.seats.size() < kLeast     ? "one plugin"
                       : chain.seats.size() > kMost      ? "too many plugins"
                                                         : nullptr;
  if (reason != nullptr) return hooks.note(point, chain.number, reason);
  hooks.note(point, chain.number, "not fused yet");
  tier_ups.ask({"hook '" + point.shape.name + "'", chain.number, nullptr, &point});
}

Result<std::unique_ptr<FusedChain>> Runtime::Impl::make_fused(const HookPointRecord &point, const LiveChain &chain,
                                                              const std::atomic<bool> &cancelled) {
  const std::string name = "hook '" + point.shape.name + "'";
  driver::FuseJob job{name, fused_text(point.shape, chain.seats), kFusedFunction, {}, &cancelled};
  std::vector<std::shared_ptr<const std::vector<char>>> bitcode; // shared with the generations, which may end meanwhile
  std::vector<std::uint64_t> numbers;
  {
    const MutexLock lock(bundles_mutex_);
    for (const Seat &seat : chain.seats) {
      const auto found = bundles_.find(seat.bundle());
      if (found == bundles_.end()) return error(Code::kSuperseded, "bundle '" + seat.bundle() + "' is gone");
      const Generation &live = *found->second.live;
      const auto provider = std::ranges::find_if(live.facts.providers, [&](const ProviderFacts &one) {
        return one.contract == point.shape.name && one.major == point.shape.major;
      });
      const bool is_optimised = live.bitcode != nullptr && provider != live.facts.providers.end();
      if (!is_optimised) return error(Code::kUnsupported, "bundle '" + seat.bundle() + "' " + why_not(live.tier));
      bitcode.push_back(live.bitcode);
      numbers.push_back(live.number);
      job.members.push_back({seat.bundle(), bitcode.back().get(), driver::entry_name(provider->tag, 0)});
    }
  }
  GRAFT_TRY_ASSIGN(const driver::Fused fused, driver::fuse(*compiler, job));

  Borrowed borrowed;
  std::vector<const jit::Image *> images;
  std::vector<FusedSeat> seats;
  std::vector<std::shared_ptr<HookRecord>> records;
  std::vector<bool> is_brief;
  for (std::size_t at = 0; at < chain.seats.size(); ++at) {
    const Seat &seat = chain.seats[at];
    std::vector<SlotRecord *> slots;
    Generation *const generation = borrow({seat.bundle(), numbers[at], nullptr}, slots);
    if (generation == nullptr) return error(Code::kSuperseded, "newer code is live");
    borrowed.generations.push_back(generation);
    const void *const table = table_of(seat, *generation);
    if (table == nullptr) return error(Code::kSuperseded, "newer code is live");
    images.push_back(generation->image.get());
    seats.push_back({&seat.slot->table, table, &seat.record->plugin->state, seat.has_quota ? &generation->host : nullptr});
    records.push_back(seat.record);
    is_brief.push_back(fused.members[at] == driver::Brief::kYes);
  }
  jit::LinkOptions options;
  options.name = name;
  options.symbols = {{kFusedLap, reinterpret_cast<const void *>(fused_lap)}};
  options.exports = {kFusedFunction};
  GRAFT_TRY_ASSIGN(auto image, linker->link_fused(images, fused.artifact, options));
  return std::make_unique<FusedChain>(std::move(image), std::move(seats), std::move(records), is_brief);
}

void Runtime::Impl::fuse(const TierUps::Request &request, const std::atomic<bool> &cancelled) {
  HookPointRecord &point = *request.hook;
  const LiveChain chain = hooks.live_chain(point);
  if (chain.number != request.generation) return; // the newer one has asked, too
  auto made = make_fused(point, chain, cancelled);
  if (cancelled.load(std::memory_order_acquire)) return; // pairs with who cancels
  log.write(LogLevel::kDebug, request.bundle + (made ? " is fused" : " is not fused: " + made.error().text()));
  if (made)
    hooks.attach(point, chain.number, *std::move(made));
  else if (made.code() != Code::kSuperseded)
    hooks.note(point, chain.number, made.error().message);
}

} // namespace graft
