// The last good compile of each file of a bundle, in memory: when one file of many is edited, the others need no compile,
// with or without a cache on disk.
//
//   M1  What `find` gives is of the very request, and all that its compile looked at is as it was.
//   M2  Of a file there is one unit, the last. An older text of it is a matter for the disk.
#pragma once

#include "../unit.hpp"
#include "input_record.hpp"
#include "request_key.hpp"

#include <graft/base/mutex.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

namespace graft::driver {

/// A unit as its own file's compile left it, without trace, and what that looked at. Immutable but for the record's stamps.
struct KnownUnit {
  std::shared_ptr<const Unit> unit; ///< shared by the memory and by who is putting a bundle together
  InputRecord record;
};

/// A copy for a bundle, with its trace.
Unit copy_of(const KnownUnit &known);

/// Threads: any.
class UnitMemory {
 public:
  explicit UnitMemory(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  std::optional<KnownUnit> find(const UnitKey &key, SecondLook &look);
  void keep(const UnitKey &key, KnownUnit known);

 private:
  struct Entry {
    ContentKey request;
    KnownUnit known;
    std::size_t bytes = 0;
    std::uint64_t used = 0; ///< when, as `clock_` counts
  };
  void forget_old() GRAFT_REQUIRES(mutex_);

  const std::size_t limit_bytes_;
  Mutex mutex_;
  std::map<std::array<std::uint8_t, 32>, Entry> entries_ GRAFT_GUARDED_BY(mutex_); ///< by place
  std::size_t bytes_ GRAFT_GUARDED_BY(mutex_) = 0;
  std::uint64_t clock_ GRAFT_GUARDED_BY(mutex_) = 0;
};

} // namespace graft::driver
