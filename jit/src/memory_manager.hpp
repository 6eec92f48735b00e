// JITLink's memory manager over our address space.
#pragma once

#include "address_space.hpp"

#include <llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h>

namespace graft::jit {

/// Lays an image out in one slab: code, then read-only data, in the same pages; writable data apart. Written in place.
/// Once they are final the pages belong to the image of the job (I5), and JITLink's handle for them stands for nothing.
///
/// Threads: any, side by side.
class MemoryManager : public llvm::jitlink::JITLinkMemoryManager {
 public:
  explicit MemoryManager(AddressSpace &space) : space_(space) {}

  void allocate(const llvm::jitlink::JITLinkDylib *dylib, llvm::jitlink::LinkGraph &graph,
                OnAllocatedFunction on_allocated) override;
  void deallocate(std::vector<FinalizedAlloc> allocations, OnDeallocatedFunction on_deallocated) override;
  using JITLinkMemoryManager::allocate;
  using JITLinkMemoryManager::deallocate;

 private:
  class InFlight;
  AddressSpace &space_;
};

} // namespace graft::jit
