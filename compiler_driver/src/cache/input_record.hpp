// What a compile looked at, kept beside what came of it: a request whose looks would find the same again needs no compile.
//
//   R1  A record holds when every path is what it was: absent, a folder, a file, and, where the compile read or listed it,
//       of the same content.
//   R2  A stamp stands for a content only if the file had been left alone for `kYoung` when the content was known: what
//       changes twice within a tick of the file system's clock looks unchanged.
//   R3  A stamp means nothing on another machine. What comes from there is compared by content.
#pragma once

#include "open_folders.hpp"

#include <graft/base/artifact.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace graft::driver {

/// What the file system says of a file. All zero: nothing that could be trusted.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0; ///< nobody sets this one back
  bool operator==(const FileStamp &) const = default;
};

struct RecordedLook {
  std::string path;
  Look::Found found = Look::Found::kNothing;
  ContentKey content;
  FileStamp stamp;
};

struct InputRecord {
  std::vector<RecordedLook> looks;
  ContentKey artifact; ///< the name of what came of it
};

/// Of one request, the newest first.
struct InputRecords {
  std::vector<InputRecord> records;
};

using WallTime = std::chrono::system_clock::time_point;

/// Whole seconds is the coarsest that file systems in use have; two, for those that round.
inline constexpr std::chrono::seconds kYoung{2};

/// `began`: when the compile did. Files that were changed since, or shortly before, get no stamp (R2).
InputRecord make_record(const InputTrace &trace, const ContentKey &request, WallTime began);

/// Puts `record` first; the record of the same artifact goes, and so does the oldest of many.
void add_record(InputRecords &records, InputRecord record);

/// Without stamps: for other machines (R3).
InputRecords without_stamps(InputRecords records);

std::vector<char> to_bytes(const InputRecords &records);
std::optional<InputRecords> records_from_bytes(std::span<const char> bytes);

/// Looks at each path once, for all records that it is asked about: those of one compile.
class SecondLook {
 public:
  enum class Verdict : std::uint8_t {
    kChanged,
    kHolds,
    kHoldsWithNewStamps, ///< the record was told so, and is worth keeping: the next look need not read the files
  };
  Verdict look(InputRecord &record);

 private:
  struct Seen {
    Look::Found found = Look::Found::kNothing;
    FileStamp stamp{};
    std::optional<std::optional<ContentKey>> content{}; ///< once it was read: its key, or nothing when it cannot be
  };
  Verdict look(RecordedLook &look);
  Seen &seen(const std::string &path);

  std::unordered_map<std::string, Seen> seen_;
  OpenFolders folders_;
};

/// What a record says that a compile looked at.
InputTrace trace_of(const InputRecord &record);

} // namespace graft::driver
