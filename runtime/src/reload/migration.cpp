// What a commit does between the new initialisers and the publication: close the gate, drain, carry the state over, ask the
// probe.
//
//   M1  Nobody runs in an old generation of the set while state is carried over: the gate is closed, and the scan found no
//   pin. M2  Old objects are read only. What fails before the publication leaves them as the last call left them. M3 Opening
//   the gate on the old side and publishing exclude each other: `Closed` is decided once.
#include "instance_migration.hpp"

#include "../call/caught.hpp"
#include "../runtime_impl.hpp"
#include "../store/threads.hpp"

#include <algorithm>

namespace graft {
namespace {

/// Pins of tables of `generation`, of all threads.
std::size_t calls_inside(const Generation &generation, const std::vector<const void *> &pinned) {
  std::size_t calls = 0;
  for (const std::unique_ptr<Table> &table : generation.tables) {
    const auto range = std::equal_range(pinned.begin(), pinned.end(), static_cast<const void *>(table->entries()));
    calls += static_cast<std::size_t>(range.second - range.first);
  }
  return calls;
}

Result<void> carry_over(const Prepared &prepared, const Generation &old, const Retirement &retirement) {
  const Generation &fresh = *prepared.generation;
  for (std::size_t i = 0; i < prepared.plan.objects.size(); ++i) {
    const ObjectPlan &object = prepared.plan.objects[i];
    if (object.way != ObjectPlan::Way::kMigrate) continue;
    const std::byte *from = old.kept[*object.old].object->memory();
    std::byte *to = fresh.kept[i].object->memory();
    Result<void> ran;
    const std::size_t pins = pin_count();
    const auto caught = catch_all([&] { ran = run_steps(object.steps, to, from, *fresh.image); });
    if (const std::size_t left = end_pins_beyond(pins); left != 0) return fresh.left_pins("the migration", left);
    const std::string what = "bundle '" + fresh.bundle + "': kept '" + fresh.facts.kept[i].qualified + "'";
    if (caught) return error(Code::kException, what + " cannot be carried over: copying it threw " + *caught);
    if (!ran) return error(ran.error().code, "bundle '" + fresh.bundle + "': " + ran.error().message);
    GRAFT_TRY(refuse_pointers_back("kept '" + fresh.facts.kept[i].qualified + "'", *fresh.kept[i].object, old, retirement));
  }
  return {};
}

} // namespace

Result<void> Runtime::Impl::drain(const std::vector<const Generation *> &old) {
  const auto end = std::chrono::steady_clock::now() + config.drain;
  for (;;) {
    const std::vector<const void *> pinned = pinned_tables();
    std::string inside;
    for (const Generation *generation : old) {
      const std::size_t calls = calls_inside(*generation, pinned);
      if (calls != 0)
        inside += (inside.empty() ? "" : ", ") + std::to_string(calls) + " in bundle '" + generation->bundle +
                  "' generation " + std::to_string(generation->number);
      for (const std::string &older : retirement.inside(generation->bundle, pinned))
        inside += (inside.empty() ? "" : ", ") + older;
    }
    if (inside.empty()) return {};
    if (std::chrono::steady_clock::now() >= end)
      return error(Code::kBusy, "state is not carried over: calls did not end within " +
                                    std::to_string(config.drain.count()) + " ms: " + inside);
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

Result<void> Runtime::Impl::migrate(const std::vector<Started> &set, std::vector<SlotRecord *> &closed) {
  const auto migrates = [](const Started &started) {
    const KeptPlan &plan = started.prepared->plan;
    return plan.kind == PlanKind::kMigrated || !std::ranges::all_of(plan.instances, &InstancePlan::is_in_place);
  };
  const auto show = [&] {
    for (const Started &started : set) {
      const Bundle &bundle = *find_bundle(started.prepared->text.name);
      show_instances(started.prepared->plan,
                     [&](const InstancePlan &plan) { return store.instances.count(slots_of(plan, bundle.slots)); });
    }
  };
  if (std::ranges::none_of(set, migrates)) return show(), Result<void>();
  std::vector<const Generation *> old;
  std::vector<SlotRecord *> slots;
  for (const Started &started : set) {
    const Bundle *bundle = find_bundle(started.prepared->text.name);
    old.push_back(bundle->live.get());
    slots.insert(slots.end(), bundle->slots.begin(), bundle->slots.end());
  }
  if (pins_any(old))
    return error(Code::kWouldDeadlock,
                 "the reload carries state over and waits for calls to end, and its own thread is inside one; "
                 "call from another thread");
  GRAFT_TRY(store.close(slots, old));
  closed = slots;
  GRAFT_TRY(drain(old)); // M1
  for (std::size_t i = 0; i < set.size(); ++i) {
    GRAFT_TRY(carry_over(*set[i].prepared, *old[i], retirement));
    GRAFT_TRY(carry_instances(set[i].prepared->plan, *old[i], *set[i].prepared->generation,
                              find_bundle(set[i].prepared->text.name)->slots, store.instances, retirement));
  }
  show();
  return {};
}

Result<void> Runtime::Impl::probe(const std::vector<Started> &set, std::vector<SlotRecord *> &closed) {
  std::vector<const Generation *> asked;
  for (const Started &started : set)
    if (started.prepared->generation->image->address("graft_probe") != nullptr)
      asked.push_back(started.prepared->generation.get());
  if (asked.empty()) return {};

  // M3: the probes' end and the watch, whichever is first. Relaxed: what is behind the gate is published by the gate itself.
  enum class Decision : int { kOpen, kAnswered, kGivenUp };
  std::atomic<Decision> decision{Decision::kOpen};
  const auto decide = [&](Decision wanted) {
    Decision none = Decision::kOpen;
    return decision.compare_exchange_strong(none, wanted, std::memory_order_relaxed);
  };
  Mutex mutex;
  Condition done;
  bool is_done = false;
  const auto watch = [&]() GRAFT_NO_THREAD_SAFETY_ANALYSIS {
    const MutexLock lock(mutex);
    if (done.wait_for(mutex, config.gate, [&] { return is_done; })) return;
    if (decide(Decision::kGivenUp) && !closed.empty()) store.reopen(closed);
  };
  std::thread watcher;
  if (const auto caught = catch_all([&] { watcher = std::thread(watch); }))
    return error(Code::kExhausted,
                 "there is no thread to watch the probes of bundle '" + asked.front()->bundle + "': " + *caught);

  Result<void> outcome;
  for (const Generation *generation : asked) {
    using Probe = graft_status();
    auto *run = reinterpret_cast<Probe *>(const_cast<void *>(generation->image->address("graft_probe")));
    graft_status status = GRAFT_OK;
    set_last_error(GRAFT_OK, {});
    const std::size_t pins = pin_count();
    const auto caught = catch_all([&] { status = run(); });
    if (const std::size_t left = end_pins_beyond(pins); left != 0) {
      outcome = generation->left_pins("graft_probe", left);
      break;
    }
    if (!caught && status == GRAFT_OK) continue;
    std::string sentence = "graft_probe of bundle '" + generation->bundle + "' ";
    sentence += caught ? "threw " + *caught : "refused with status " + std::to_string(status);
    if (!caught && !last_error_text().empty()) sentence += ": " + std::string(last_error_text());
    outcome = error(caught ? Code::kException : static_cast<Code>(status), std::move(sentence));
    break;
  }
  const bool in_time = decide(Decision::kAnswered);
  {
    const MutexLock lock(mutex);
    is_done = true;
    done.notify_all();
  }
  watcher.join();
  if (in_time) return outcome;
  closed.clear(); // the watch opened it
  return error(Code::kBusy, "graft_probe of bundle '" + asked.front()->bundle + "' took longer than " +
                                std::to_string(config.gate.count()) + " ms");
}

} // namespace graft
