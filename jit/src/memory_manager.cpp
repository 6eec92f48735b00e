// From a graph's segments to pages and back.
#include "memory_manager.hpp"

#include "link_job.hpp"
#include "llvm_error.hpp"

#include <llvm/ExecutionEngine/JITLink/JITLink.h>

#include <algorithm>
#include <array>

namespace graft::jit {
namespace {

using llvm::orc::MemProt;

LLVM_ENABLE_BITMASK_ENUMS_IN_NAMESPACE();

enum class Kind : std::uint8_t { kCode, kReadOnly, kWritable };

Kind kind_of(MemProt protection) {
  if ((protection & MemProt::Write) != MemProt::None) return Kind::kWritable;
  return (protection & MemProt::Exec) != MemProt::None ? Kind::kCode : Kind::kReadOnly;
}

} // namespace

/// Pages that are being written.
class MemoryManager::InFlight : public InFlightAlloc {
 public:
  InFlight(AddressSpace &space, const Placement &placement) : space_(space), placement_(placement) {}

  void abandon(OnAbandonedFunction on_abandoned) override {
    space_.release(placement_);
    on_abandoned(llvm::Error::success());
  }

  void finalize(OnFinalizedFunction on_finalized) override {
    if (auto sealed = space_.seal(placement_); !sealed) {
      space_.release(placement_);
      on_finalized(carry(std::move(sealed).error()));
      return;
    }
    LinkJob::current()->image().placement = placement_;
    on_finalized(FinalizedAlloc(llvm::orc::ExecutorAddr()));
  }

 private:
  AddressSpace &space_;
  Placement placement_;
};

void MemoryManager::allocate(const llvm::jitlink::JITLinkDylib *, llvm::jitlink::LinkGraph &graph,
                             OnAllocatedFunction on_allocated) {
  llvm::jitlink::BasicLayout layout(graph);
  std::array<std::size_t, 3> bytes{};
  RunRequest code;
  RunRequest writable;
  for (Kind kind : {Kind::kCode, Kind::kReadOnly, Kind::kWritable}) {
    RunRequest &run = kind == Kind::kWritable ? writable : code;
    for (auto &[group, segment] : layout.segments()) {
      if (kind_of(group.getMemProt()) != kind) continue;
      run.bytes = llvm::alignTo(run.bytes, segment.Alignment);
      // For now the offset in its run; turned into an address below.
      segment.Addr = llvm::orc::ExecutorAddr(run.bytes);
      run.bytes += segment.ContentSize + segment.ZeroFillSize;
      run.align = std::max<std::size_t>(run.align, segment.Alignment.value());
      bytes[static_cast<std::size_t>(kind)] += segment.ContentSize + segment.ZeroFillSize;
    }
  }
  LinkJob *const job = LinkJob::current();
  auto placed = space_.place(code, writable, job != nullptr ? job->slab() : nullptr);
  if (!placed) {
    on_allocated(carry(std::move(placed).error()));
    return;
  }
  const Placement placement = *placed;
  for (auto &[group, segment] : layout.segments()) {
    const PageRun &run = kind_of(group.getMemProt()) == Kind::kWritable ? placement.writable : placement.code;
    segment.Addr += run.begin;
    segment.WorkingMem = segment.Addr.toPtr<char *>();
  }
  if (auto failure = layout.apply()) {
    space_.release(placement);
    on_allocated(std::move(failure));
    return;
  }
  if (job != nullptr) {
    ImageState &image = job->image();
    image.stats = {bytes[0], bytes[1], bytes[2]};
    if (job->recorder() != nullptr) job->recorder()->note_runs(code, writable);
    if (bytes[0] != 0) image.code = {{placement.code.begin, placement.code.begin + bytes[0]}};
  }
  on_allocated(std::make_unique<InFlight>(space_, placement));
}

void MemoryManager::deallocate(std::vector<FinalizedAlloc> allocations, OnDeallocatedFunction on_deallocated) {
  for (FinalizedAlloc &allocation : allocations) allocation.release();
  on_deallocated(llvm::Error::success());
}

} // namespace graft::jit
