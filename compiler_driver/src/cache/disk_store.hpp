// The cache on this machine: sealed entries, a file each, in a folder that is the user's alone.
//
//   FOLDER/key                    the seal's secret, 0600
//   FOLDER/1/ab/cdef....artifact  an entry: the first two digits of its name, the rest of them, its kind
//   FOLDER/1/swept                when the least used entries were last looked for; also the lock of whoever does
//
//   D1  An entry is written aside and moved into place: nobody ever sees half of one. Entries are named by content, so that
//   of two
//       processes that write one at once either may win.
//   D2  What does not open under its name is as if it were not there.
//   D3  Nothing is synced. After a crash of the machine an entry may be torn; then D2.
#pragma once

#include "entry.hpp"
#include "secret.hpp"

#include <graft/base/cache.hpp>
#include <graft/base/result.hpp>

#include <memory>
#include <string>

namespace graft::driver {

/// Threads: any. Processes: any number.
class DiskStore {
 public:
  /// Fails: as make_own_folder and folder_secret.
  static Result<std::unique_ptr<DiskStore>> open(std::string folder, std::uint64_t max_bytes);

  /// Nothing for what is not there, or damaged. What is found counts as used.
  std::optional<Entry> get(EntryKind kind, const ContentKey &key) const;
  /// Whether it is there; then it counts as used.
  bool touch(EntryKind kind, const ContentKey &key) const;
  /// Fails: kEnvironment, for instance when the disk is full.
  Result<void> put(EntryKind kind, const ContentKey &key, std::span<const char> body) const;

  /// Removes the least used entries when more than the bound are there, down to four fifths; and what was left half written
  /// an hour ago. Does nothing while another process is at it.
  CachePruned prune() const;
  /// Whether nobody has pruned for an hour.
  bool is_due() const;

  CacheStat stat() const;
  /// Opens each entry, and removes those that do not.
  CacheCheck verify() const;

 private:
  DiskStore(std::string folder, std::uint64_t max_bytes, const Secret &secret)
      : folder_(std::move(folder)), shelves_(folder_ + "/1"), max_bytes_(max_bytes), secret_(secret) {}

  std::string path_of(EntryKind kind, const ContentKey &key) const;

  std::string folder_;
  std::string shelves_;
  std::uint64_t max_bytes_;
  Secret secret_;
};

} // namespace graft::driver
