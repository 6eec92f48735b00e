// See fused.hpp.
#include "fused.hpp"

#include <algorithm>
#include <utility>

namespace graft {
namespace {

// What the text takes for granted, besides the sizes and the order of members that are pointers or 32 bits.
static_assert(sizeof(FusedSeat) == 4 * sizeof(void *) && sizeof(std::atomic<const void *>) == sizeof(void *));
static_assert(sizeof(FusedFrame) == 9 * sizeof(void *) + 4 * sizeof(std::uint32_t));
static_assert(sizeof(std::atomic<BundleState>) == 1);

constexpr const char *kDeclarations = R"(#include <graft/abi.h>
typedef struct seat {
  const void *const *slot;
  const void *table;
  const unsigned char *state;
  const graft_host *payer;
} seat;
typedef struct frame {
  graft_hook_context *context;
  void *payload;
  void *decision;
  const void **pin;
  const seat *seats;
  const uint32_t *is_retired;
  void *payload_before;
  void *decision_before;
  const graft_attribute *attributes_before;
  uint32_t called;
  uint32_t at;
  uint32_t status;
  uint32_t is_late;
} frame;
_Static_assert(sizeof(frame) == 9 * sizeof(void *) + 4 * sizeof(uint32_t), "as FusedFrame");
typedef graft_status hook(graft_hook_context *context, void *payload, void *decision);
uint32_t graft_fused_lap(frame *run, uint32_t seat, uint32_t count);

#define ACTION (((const graft_no_decision *)run->decision)->action)

/* U1. The pin's store is a release, as Pin's; the slot's acquire pairs with publications, and the chain's with its
 * retirement. What stands behind the barrier is not read before it. */
static inline __attribute__((always_inline)) int is_as_fused(frame *run, uint32_t at) {
  const seat *one = &run->seats[at];
  __atomic_store_n(run->pin, one->table, __ATOMIC_RELEASE);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  if (__atomic_load_n(one->slot, __ATOMIC_ACQUIRE) != one->table) return 0;
  if (__atomic_load_n(run->is_retired, __ATOMIC_ACQUIRE) != 0) return 0;
  if (__atomic_load_n(one->state, __ATOMIC_RELAXED) != RUNNING || run->is_late) return 0;
  __asm__ volatile("" ::: "memory");
  return 1;
}

static inline __attribute__((always_inline)) void save(frame *run) {
  __builtin_memcpy(run->payload_before, run->payload, PAYLOAD_BYTES);
  __builtin_memcpy(run->decision_before, run->decision, DECISION_BYTES);
}

static inline __attribute__((always_inline)) void put_back(frame *run) {
  __builtin_memcpy(run->payload, run->payload_before, PAYLOAD_BYTES);
  __builtin_memcpy(run->decision, run->decision_before, DECISION_BYTES);
}

/* As ChainRun::put_back_sizes. */
static inline __attribute__((always_inline)) void put_back_sizes(frame *run) {
  __builtin_memcpy(run->payload, run->payload_before, sizeof(uint32_t));
  __builtin_memcpy(run->decision, run->decision_before, sizeof(uint32_t));
}

/* The call itself, and the context behind it as Lent leaves it. */
static inline __attribute__((always_inline)) graft_status lend(frame *run, uint32_t at, hook *function, int pays) {
  graft_hook_context *const context = run->context;
  const uint32_t size = context->struct_size, reserved = context->reserved;
  const graft_str request = context->request;
  graft_arena *const arena = context->arena;
  const graft_host *const owner = arena->host;
  if (pays) arena->host = run->seats[at].payer;
  const graft_status status = function(context, run->payload, run->decision);
  context->struct_size = size;
  context->reserved = reserved;
  context->request = request;
  context->arena = arena;
  if (pays) arena->host = owner;
  return status;
}

/* One seat: `together` counts those since the last lap, this one with it; `is_timed`: here is a lap in any case; `pays`: it
 * has a quota. */
static inline __attribute__((always_inline)) uint32_t call(frame *run, uint32_t at, hook *function, uint32_t together,
                                                           int is_brief, int is_timed, int pays) {
  run->at = at;
  if (!is_as_fused(run, at)) return together > 1 ? (graft_fused_lap(run, at - 1, together - 1), STOPPED) : STOPPED;
  if (RULE == FOLD || at == 0) save(run); /* else everybody meets what is saved already */
  run->attributes_before = run->context->attributes;
  const graft_status status = lend(run, at, function, pays);
  run->called = at + 1;
  const int is_wrong = status != GRAFT_OK || (RULE != OBSERVE && ACTION > LAST);
  const int ends = !is_wrong && RULE != OBSERVE && ACTION >= FIRST_FINAL;
  uint32_t overran = 0;
  if (is_timed || is_wrong || ends) overran = graft_fused_lap(run, at, together);
  if (is_wrong || (!is_brief && overran)) {
    run->status = (uint32_t)status;
    return FAILED;
  }
  put_back_sizes(run);
  if (ends) return ENDED;
  if (RULE != FOLD) put_back(run);
  return ALL;
}
)";

void define(std::string &text, const char *name, std::uint64_t value) {
  text += "#define " + std::string(name) + " " + std::to_string(value) + "u\n";
}

} // namespace

std::string fused_text(const HookShape &shape, const std::vector<Seat> &seats) {
  std::string text = "/* Hook " + shape.name + " */\n";
  const std::pair<const char *, std::uint64_t> numbers[] = {
      {"PAYLOAD_BYTES", shape.payload_bytes},
      {"DECISION_BYTES", shape.decision_bytes},
      {"RULE", shape.rule.rule},
      {"FOLD", GRAFT_RULE_FOLD},
      {"OBSERVE", GRAFT_RULE_OBSERVE},
      {"LAST", shape.rule.last},
      {"FIRST_FINAL", shape.rule.rule == GRAFT_RULE_FOLD ? shape.rule.first_final : 1},
      {"RUNNING", static_cast<std::uint64_t>(BundleState::kRunning)},
      {"ALL", static_cast<std::uint64_t>(FusedAnswer::kAll)},
      {"STOPPED", static_cast<std::uint64_t>(FusedAnswer::kStopped)},
      {"FAILED", static_cast<std::uint64_t>(FusedAnswer::kFailed)},
      {"ENDED", static_cast<std::uint64_t>(FusedAnswer::kEnded)},
  };
  for (const auto &[name, value] : numbers) define(text, name, value);
  text += kDeclarations;
  std::string body;
  for (std::size_t seat = 0; seat < seats.size(); ++seat) {
    const std::string n = std::to_string(seat);
    text += "hook graft_member_" + n + ";\nint graft_is_brief_" + n + "(void);\n";
    const std::string next = seat + 1 < seats.size() ? "graft_is_brief_" + std::to_string(seat + 1) + "()" : "0";
    body += "  together = graft_is_brief_" + n + "() ? together + 1 : 1;\n";
    body += "  timed = !graft_is_brief_" + n + "() || !" + next + ";\n";
    body += "  if ((answer = call(run, " + n + ", graft_member_" + n + ", together, graft_is_brief_" + n + "(), timed, " +
            (seats[seat].has_quota ? "1" : "0") + ")) != ALL) return answer;\n";
    body += "  if (timed) together = 0;\n";
  }
  return text + "uint32_t " + kFusedFunction + "(frame *run) {\n  uint32_t answer, together = 0;\n  int timed;\n" + body +
         "  return ALL;\n}\n";
}

FusedChain::FusedChain(std::unique_ptr<jit::Image> code, std::vector<FusedSeat> seats,
                       std::vector<std::shared_ptr<HookRecord>> records, const std::vector<bool> &is_brief)
    : image(std::move(code)), function(reinterpret_cast<Function *>(const_cast<void *>(image->address(kFusedFunction)))),
      seats(std::move(seats)), records_(std::move(records)) {
  for (const bool one : is_brief) runs.push_back(one ? std::make_shared<Histogram>() : nullptr);
  for (std::size_t end = 0; end < runs.size(); ++end)
    for (std::size_t seat = first_of_run(end); runs[end] != nullptr && seat <= end; ++seat) {
      const MutexLock lock(records_[seat]->mutex);
      records_[seat]->runs.push_back(runs[end]);
    }
}

FusedChain::~FusedChain() {
  for (std::size_t end = 0; end < runs.size(); ++end)
    for (std::size_t seat = first_of_run(end); runs[end] != nullptr && seat <= end; ++seat) {
      const MutexLock lock(records_[seat]->mutex);
      std::erase(records_[seat]->runs, runs[end]);
      records_[seat]->past.merge(runs[end]->snapshot());
    }
}

std::size_t FusedChain::first_of_run(std::size_t seat) const {
  while (seat > 0 && runs[seat - 1] != nullptr) --seat;
  return seat;
}

} // namespace graft
