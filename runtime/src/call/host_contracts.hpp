// The host contracts of one runtime, and who has acquired them.
//
// An offer's shared `self`:   none --acquire()--> creating --create() said GRAFT_OK--> ready --withdraw()--> destroyed
//                               ^                     |
//                               +---- it refused -----+
//
// Invariants:
//   H1  No lock is held while the host's `create` and `destroy` run.
//   H2  A `create` runs once at a time for a shared offer; others wait for it, unless the waiting would go in a circle.
//   H3  An offer with a use that was not given back is not withdrawn.
#pragma once

#include <graft/abi.h>
#include <graft/base/ids.hpp>
#include <graft/base/mutex.hpp>
#include <graft/base/result.hpp>
#include <graft/offer.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace graft {

/// Who asks: a generation of a bundle, or the host itself.
struct ServiceUser {
  std::string_view bundle;
  std::uint64_t generation = 0;
};

/// Threads: all functions may be called from any thread.
class HostContracts {
 public:
  ~HostContracts();

  /// Copies the table. kConflict when that name and major are offered already.
  Result<void> offer(const graft_contract_info &contract, const void *table, std::size_t functions, const Offer &offer);
  /// kConflict, with the bundles that hold it, while there are uses.
  Result<void> withdraw(std::string_view name, std::uint32_t major);
  std::vector<OfferInfo> list() const;
  bool has(std::string_view name, std::uint32_t major) const;
  /// What a contract that is offered asks for; empty: nothing.
  std::string permission_of(std::string_view name, std::uint32_t major) const;

  Result<graft_service> acquire(ServiceUser user, std::string_view name, std::uint32_t major, std::uint32_t minor);
  void give_back(graft_service &service);
  /// Gives back all that a stopped generation still holds, and says what that was.
  std::vector<std::string> give_back_all(std::uint64_t generation);

 private:
  struct Offered;
  struct Use {
    std::shared_ptr<Offered> offered; // shared with the registry and with acquisitions that run
    std::string bundle;
    std::uint64_t generation;
    void *self;
  };

  Result<std::shared_ptr<Offered>> find(std::string_view name, std::uint32_t major, std::uint32_t minor) const
      GRAFT_REQUIRES(mutex_);
  Result<void *> shared_self(Offered &offered, const graft_service_request &request) GRAFT_EXCLUDES(mutex_);
  bool waits_for_me(const Offered &offered) const GRAFT_REQUIRES(mutex_);

  mutable Mutex mutex_;
  Condition created_;
  std::map<ContractId, std::shared_ptr<Offered>> offers_ GRAFT_GUARDED_BY(mutex_); // shared with a creation that runs
  std::map<std::uint64_t, Use> uses_ GRAFT_GUARDED_BY(mutex_);
  std::map<std::thread::id, const Offered *> waiting_ GRAFT_GUARDED_BY(mutex_); // who waits for whose creation
  std::uint64_t next_use_ GRAFT_GUARDED_BY(mutex_) = 1;
};

} // namespace graft
