// The models. Each says what the code says, atomic by atomic and order by order (runtime/include/graft/{pin,bound}.hpp,
// runtime/src/store/*.cpp): whoever changes one changes both. The compiler barrier of a pin has no counterpart here, since
// relacy runs what is written. A reader's loops are bounded by what the writer does, so every interleaving ends.
//
// relacy redefines `new`, `delete` and more as macros, so this file includes nothing after it.
#include "models.hpp"

#include <relacy/relacy.hpp>

#include <sstream>

namespace graft::model {
namespace {

/// P1 to P3: two readers pin a slot while a writer publishes twice and unmaps what no entry names.
template <PinFault fault>
struct Pins : rl::test_suite<Pins<fault>, 3> {
  static constexpr int kReaders = 2;
  static constexpr int kTables = 3;
  static constexpr int kNull = -1;

  rl::atomic<int> slot;
  rl::atomic<int> entries[kReaders];
  rl::var<int> mapped[kTables]; ///< plain memory: a read that races with the unmapping is a failure in itself
  bool retired[kTables] = {};   ///< the writer's own

  void before() {
    slot.store(0, rl::mo_relaxed, $);
    for (auto &entry : entries) entry.store(kNull, rl::mo_relaxed, $);
    for (auto &table : mapped) VAR(table) = 1;
    for (bool &table : retired) table = false;
  }

  void thread(unsigned index) {
    if (index < kReaders)
      read(entries[index]);
    else
      write();
  }

  void read(rl::atomic<int> &entry) {
    for (int call = 0; call < 2; ++call) {
      int table = slot.load(rl::mo_acquire, $);
      entry.store(table, rl::mo_release, $);
      while (fault != PinFault::kNoSecondLoad) {
        const int again = slot.load(rl::mo_acquire, $);
        if (again == table) break;
        table = again;
        entry.store(table, rl::mo_release, $);
      }
      RL_ASSERT(VAR(mapped[table]) == 1);
      entry.store(kNull, rl::mo_release, $);
    }
  }

  void write() {
    for (int next = 1; next < kTables; ++next) {
      retired[next - 1] = true;
      if (fault == PinFault::kScanBeforePublish) scan();
      slot.store(next, rl::mo_release, $);
      if (fault != PinFault::kNoBarrier) rl::systemwide_fence($);
      if (fault != PinFault::kScanBeforePublish) scan();
    }
  }

  void scan() {
    bool pinned[kTables] = {};
    for (auto &entry : entries)
      if (const int table = entry.load(rl::mo_acquire, $); table != kNull) pinned[table] = true;
    for (int table = 0; table < kTables; ++table)
      if (retired[table] && !pinned[table]) {
        VAR(mapped[table]) = 0;
        retired[table] = false;
      }
  }
};

/// A view of two slots is never torn: both tables come from one publication.
template <ViewFault fault>
struct Views : rl::test_suite<Views<fault>, 2> {
  static constexpr int kPublications = 2;
  rl::atomic<int> count;
  rl::atomic<int> slots[2];

  void before() {
    count.store(0, rl::mo_relaxed, $);
    for (auto &slot : slots) slot.store(0, rl::mo_relaxed, $);
  }

  void thread(unsigned index) {
    if (index == 0)
      read();
    else
      write();
  }

  void read() {
    for (;;) {
      const int before = count.load(rl::mo_acquire, $);
      if (before % 2 == 0) {
        const int first = slots[0].load(rl::mo_acquire, $);
        const int second = slots[1].load(rl::mo_acquire, $);
        if (fault == ViewFault::kNoSecondCount || count.load(rl::mo_acquire, $) == before) {
          RL_ASSERT(first == second);
          return;
        }
      }
      rl::yield(1, $);
    }
  }

  void write() {
    for (int next = 1; next <= kPublications; ++next) {
      if (fault != ViewFault::kCountedOnce) count.fetch_add(1, rl::mo_acq_rel, $);
      for (auto &slot : slots) slot.store(next, rl::mo_release, $);
      count.fetch_add(fault == ViewFault::kCountedOnce ? 2 : 1, rl::mo_release, $);
    }
  }
};

/// A handle's slot is given to another bundle only when no binding names it: `Binding::acquire` and `Store::resolve` against
/// `Store::vacate` and the search for a free slot.
template <ReuseFault fault>
struct Reuse : rl::test_suite<Reuse<fault>, 2> {
  static constexpr rl::memory_order kOrder = fault == ReuseFault::kRelaxed ? rl::mo_acq_rel : rl::mo_seq_cst;
  static constexpr rl::memory_order kLoad = fault == ReuseFault::kRelaxed ? rl::mo_acquire : rl::mo_seq_cst;
  rl::atomic<int> references;
  rl::atomic<int> tag;
  rl::var<int> owner; ///< plain memory: what a new bundle writes into the slot

  void before() {
    references.store(0, rl::mo_relaxed, $);
    tag.store(1, rl::mo_relaxed, $);
    VAR(owner) = 1;
  }

  void thread(unsigned index) {
    if (index == 0)
      resolve();
    else
      vacate_and_reuse();
  }

  void resolve() {
    if (fault == ReuseFault::kTagFirst && tag.load(kLoad, $) != 1) return;
    references.fetch_add(1, kOrder, $);
    if (fault == ReuseFault::kTagFirst || tag.load(kLoad, $) == 1) RL_ASSERT(VAR(owner) == 1);
    references.fetch_sub(1, rl::mo_release, $);
  }

  void vacate_and_reuse() {
    tag.fetch_add(1, kOrder, $);
    if (references.load(kLoad, $) == 0) VAR(owner) = 2;
  }
};

template <class Model>
Outcome run(unsigned long interleavings) {
  std::ostringstream log;
  rl::test_params params;
  params.iteration_count = interleavings;
  params.output_stream = &log;
  params.progress_stream = &log;
  const bool holds = rl::simulate<Model>(params);
  return {holds, log.str()};
}

} // namespace

Outcome check(PinFault fault, unsigned long interleavings) {
  switch (fault) {
  case PinFault::kNoBarrier:
    return run<Pins<PinFault::kNoBarrier>>(interleavings);
  case PinFault::kNoSecondLoad:
    return run<Pins<PinFault::kNoSecondLoad>>(interleavings);
  case PinFault::kScanBeforePublish:
    return run<Pins<PinFault::kScanBeforePublish>>(interleavings);
  case PinFault::kNone:
    break;
  }
  return run<Pins<PinFault::kNone>>(interleavings);
}

Outcome check(ViewFault fault, unsigned long interleavings) {
  switch (fault) {
  case ViewFault::kNoSecondCount:
    return run<Views<ViewFault::kNoSecondCount>>(interleavings);
  case ViewFault::kCountedOnce:
    return run<Views<ViewFault::kCountedOnce>>(interleavings);
  case ViewFault::kNone:
    break;
  }
  return run<Views<ViewFault::kNone>>(interleavings);
}

Outcome check(ReuseFault fault, unsigned long interleavings) {
  switch (fault) {
  case ReuseFault::kTagFirst:
    return run<Reuse<ReuseFault::kTagFirst>>(interleavings);
  case ReuseFault::kRelaxed:
    return run<Reuse<ReuseFault::kRelaxed>>(interleavings);
  case ReuseFault::kNone:
    break;
  }
  return run<Reuse<ReuseFault::kNone>>(interleavings);
}

} // namespace graft::model
