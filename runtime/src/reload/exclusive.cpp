// Keeping callers out of the old code while something is done that they must not see: the gate, the wait until the last of
// them has left, and what an exclusive bundle puts down before its next version starts.
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

} // namespace

Result<void> Runtime::Impl::drain(const std::vector<const Generation *> &old, Inside who) {
  const auto end = std::chrono::steady_clock::now() + config.drain;
  for (;;) {
    const std::vector<const void *> pinned = pinned_tables();
    std::string inside;
    const auto add = [&](const std::string &text) { inside += (inside.empty() ? "" : ", ") + text; };
    for (const Generation *generation : old) {
      const std::string name = "bundle '" + generation->bundle + "' generation " + std::to_string(generation->number);
      if (const std::size_t calls = calls_inside(*generation, pinned)) add(std::to_string(calls) + " in " + name);
      if (const std::size_t threads = generation->threads().size(); threads != 0 && who == Inside::kCallsAndThreads)
        add(std::to_string(threads) + (threads == 1 ? " thread" : " threads") + " that " + name + " started");
      for (const std::string &older : retirement.inside(generation->bundle, pinned)) add(older);
    }
    if (inside.empty()) return {};
    if (std::chrono::steady_clock::now() >= end)
      return error(Code::kBusy, "the reload waits until nobody is in the old code, and calls did not end within " +
                                    std::to_string(config.drain.count()) + " ms: " + inside);
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

Result<void> Runtime::Impl::close_gate(Transaction &transaction) {
  if (transaction.closed) return {};
  std::vector<SlotRecord *> slots;
  for (const Prepared &prepared : transaction.set) {
    const std::vector<SlotRecord *> &own = find_bundle(prepared.text.name)->slots;
    slots.insert(slots.end(), own.begin(), own.end());
  }
  if (pins_any(transaction.old))
    return error(Code::kWouldDeadlock,
                 "the reload waits for calls to end, and its own thread is inside one; call from another thread");
  GRAFT_TRY(store.close(slots, transaction.old));
  transaction.closed = std::move(slots);
  return drain(transaction.old, Inside::kCalls);
}

Result<void> Runtime::Impl::suspend(Transaction &transaction) {
  for (const Prepared &prepared : transaction.set) {
    const Bundle &bundle = *find_bundle(prepared.text.name);
    if (!bundle.manifest.exclusive && !prepared.text.manifest.exclusive) continue;
    GRAFT_TRY(close_gate(transaction));
    const Generation &old = *bundle.live;
    transaction.suspended.push_back(&old);
    using Suspend = graft_status();
    auto *const suspend = reinterpret_cast<Suspend *>(const_cast<void *>(old.image->address("graft_suspend")));
    if (suspend != nullptr) GRAFT_TRY(call_status("graft_suspend of bundle '" + old.bundle + "'", suspend));
  }
  return transaction.suspended.empty() ? Result<void>() : drain(transaction.suspended, Inside::kCallsAndThreads);
}

void Runtime::Impl::resume(Transaction &transaction) {
  for (; !transaction.suspended.empty(); transaction.suspended.pop_back()) {
    const Generation &old = *transaction.suspended.back();
    using Resume = void();
    auto *const resume = reinterpret_cast<Resume *>(const_cast<void *>(old.image->address("graft_resume")));
    if (resume == nullptr) continue;
    if (const auto caught = catch_all(resume))
      log.write(LogLevel::kError, "graft_resume of bundle '" + old.bundle + "' threw " + *caught);
  }
}

} // namespace graft
