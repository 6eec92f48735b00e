// An ORC session, which links go through one at a time.
#pragma once

#include "link_job.hpp"
#include "memory_manager.hpp"

#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>

#include <cstdint>
#include <memory>
#include <string>

namespace graft::jit {

/// An ORC session that one link at a time goes through.
///
/// Rationale: ORC keeps outstanding work in one queue per session, so that a second thread's look-up may run the first one's
/// link, and still be in it when the first thread already goes on. With a session per concurrent link, a link is run and
/// finished by the thread that asks for it (I4), no dylib is removed under a materialisation, and links do not wait for each
/// other. A dylib that stayed as long as its image would keep 7 kB of empty tables.
///
/// Threads: one at a time.
class Session {
 public:
  Session(std::unique_ptr<llvm::orc::ExecutorProcessControl> control, MemoryManager &memory);
  ~Session() { llvm::consumeError(session_.endSession()); }

  std::shared_ptr<llvm::orc::SymbolStringPool> names() { return session_.getSymbolStringPool(); }
  /// Links `graph` in a dylib of its own. False, with the failure in `job`, when that did not work.
  bool link(LinkJob &job, const std::string &name, std::unique_ptr<llvm::jitlink::LinkGraph> graph);

 private:
  void remove(llvm::orc::JITDylib &dylib);

  llvm::orc::ExecutionSession session_;
  llvm::orc::ObjectLinkingLayer layer_;
  std::uint64_t links_ = 0;
};

} // namespace graft::jit
