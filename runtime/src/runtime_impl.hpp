// What a Runtime is made of, and the two halves of every change: prepare (in parallel, no lock, no plugin code runs) and commit
// (under the token).
#pragma once

#include "bundle/bundle_text.hpp"
#include "call/host_contracts.hpp"
#include "call/host_services.hpp"
#include "observe/log.hpp"
#include "observe/serve.hpp"
#include "reload/generation.hpp"
#include "reload/retirement.hpp"
#include "reload/token.hpp"
#include "store/store.hpp"
#include "watch/inputs.hpp"

#include <graft/base/mutex.hpp>
#include <graft/driver/compiler.hpp>
#include <graft/jit/linker.hpp>
#include <graft/runtime.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace graft {

/// A loaded bundle. Written under the token and the bundles' mutex, read under either.
struct Bundle {
  std::string name;
  std::string path;
  std::vector<std::string> contracts; ///< headers that its source was re-bound to
  Manifest manifest;
  std::unique_ptr<Generation> live;
  std::vector<SlotRecord *> slots;
  std::vector<std::string> needs;  ///< names of the bundles that its requirements were met by
  std::uint64_t loaded = 0;        ///< rank of its load
  std::uint64_t ticket = 0;        ///< of the request that made the live generation
};

/// A bundle that is compiled, verified and linked; none of its code has run.
struct Prepared {
  BundleText text;
  std::unique_ptr<Generation> generation;
  std::uint64_t ticket = 0;
};

/// A generation that runs and waits for its publication.
struct Started {
  Prepared *prepared = nullptr;
  std::vector<Change> changes;
  std::vector<SlotRecord *> slots;  ///< the bundle's slots after the publication
  std::vector<std::string> needs;
};

class Runtime::Impl {
public:
  static Result<std::unique_ptr<Impl>> create(Config config);
  Impl(Config config, std::unique_ptr<driver::Compiler> compiler, std::unique_ptr<jit::Linker> linker);
  ~Impl();

  // prepare.cpp
  std::uint64_t draw_ticket() { return next_ticket_.fetch_add(1, std::memory_order_relaxed); }
  Result<Prepared> prepare(BundleText text, std::uint64_t ticket, Force force, StepTimes &times);

  /// Reads and prepares each member of a set, then commits it. A failure before the commit is told as `Failed`, too.
  Result<std::vector<BundleInfo>> reload(const std::vector<std::string> &names,
                                         const std::function<Result<BundleText>(std::string_view)> &read, ReloadOptions options);

  // commit.cpp
  Result<BundleInfo> load(BundleText text, StepTimes *times);
  Result<std::vector<BundleInfo>> commit(std::vector<Prepared> set, StepTimes &times);
  Result<void> unload(std::string_view name);

  // contract/check.cpp
  /// kIncompatible when a contract of `fresh`, which shall replace what is live under their names, is not the one that the host or a
  /// bundle at the other end of it was compiled against. The caller holds the token.
  Result<void> check_contracts(const std::vector<const Generation *> &fresh);
  Result<std::vector<std::string>> add_views(HeaderFile header);

  // runtime.cpp
  Result<BundleText> text_of_reload(std::string_view name_or_path) const;
  /// Puts contract headers in the place of the bundle's own.
  Result<void> rebind(BundleText &text, const std::vector<std::filesystem::path> &headers) const;
  BundleInfo info_of(const Bundle &bundle) const GRAFT_REQUIRES(bundles_mutex_);
  /// Calls every listener; what one throws is logged.
  void tell(const Event &event);
  void forget(std::uint64_t listener);

  const Config config;
  Log log;
  Store store;
  HostContracts host_contracts;
  HostServices services;
  HostContext host_context{services, nullptr};
  const graft_host host = make_host_table(host_context);
  std::unique_ptr<driver::Compiler> compiler;
  std::unique_ptr<jit::Linker> linker;
  CommitToken token;
  Retirement retirement;
  InputRegistry inputs; ///< of every loaded bundle

  mutable Mutex bundles_mutex_;
  std::map<std::string, Bundle, std::less<>> bundles_ GRAFT_GUARDED_BY(bundles_mutex_);

  Mutex listeners_mutex_;
  std::map<std::uint64_t, std::function<void(const Event &)>> listeners_ GRAFT_GUARDED_BY(listeners_mutex_);
  std::uint64_t next_listener_ GRAFT_GUARDED_BY(listeners_mutex_) = 1;
  std::vector<std::pair<std::uint64_t, std::thread::id>>
      listening_ GRAFT_GUARDED_BY(listeners_mutex_); // who is inside which
  Condition listened_;

  Mutex server_mutex_;
  std::unique_ptr<Server> server_ GRAFT_GUARDED_BY(server_mutex_);

 private:
  Bundle *find_bundle(std::string_view name);
  Result<Started> start(Prepared &prepared, graft_reason reason, const Bundle *previous);
  Result<void> stage(Started &started, const Bundle *previous);
  Result<void> check_dependents(const Started &started, const Bundle &previous);
  Result<std::vector<std::string>> meet_requirements(const Prepared &prepared) const;
  void undo(std::vector<Started> &set);

  std::atomic<std::uint64_t> next_ticket_{1};     // relaxed: only uniqueness and order of draws matter
  std::atomic<std::uint64_t> next_generation_{1}; // relaxed: only uniqueness matters
};

} // namespace graft
