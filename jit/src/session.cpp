// See session.hpp.
#include "session.hpp"

#include "stubs.hpp"

#include <utility>

namespace graft::jit {

Session::Session(std::unique_ptr<llvm::orc::ExecutorProcessControl> control, MemoryManager &memory)
    : session_(std::move(control)), layer_(session_, memory) {
  session_.setErrorReporter([](llvm::Error failure) {
    if (LinkJob *job = LinkJob::current()) return job->report(std::move(failure));
    llvm::consumeError(std::move(failure));
  });
  layer_.addPlugin(std::make_shared<LinkPlugin>());
}

bool Session::link(LinkJob &job, const std::string &name, std::unique_ptr<llvm::jitlink::LinkGraph> graph) {
  llvm::orc::JITDylib &dylib = session_.createBareJITDylib(name + "#" + std::to_string(links_++));
  bool is_linked = false;
  LinkJob::Scope scope(job);
  if (auto failure = layer_.add(dylib, std::move(graph))) {
    job.report(std::move(failure));
  } else if (auto handle = session_.lookup({&dylib}, kImageSymbol)) {
    job.image().dso_handle = handle->getAddress().toPtr<const void *>();
    is_linked = true;
  } else {
    job.report(handle.takeError());
  }
  remove(dylib);
  return is_linked;
}

void Session::remove(llvm::orc::JITDylib &dylib) {
  constexpr std::uint64_t kSweepEvery = 256; // a sweep visits every name
  llvm::consumeError(session_.removeJITDylib(dylib));
  if (links_ % kSweepEvery == 0) session_.getSymbolStringPool()->clearDeadEntries();
}

} // namespace graft::jit
