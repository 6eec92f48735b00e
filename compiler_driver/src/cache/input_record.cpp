// See input_record.hpp.
#include "input_record.hpp"

#include "../content_key.hpp"

#include <graft/base/byte_stream.hpp>
#include <graft/driver/compiler.hpp>

#include <llvm/Support/MemoryBuffer.h>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

namespace graft {

constexpr Look::Found last(Look::Found) { return Look::Found::kFolder; } // byte_stream.hpp looks for it beside Look

} // namespace graft

namespace graft::driver {

GRAFT_MEMBERS(FileStamp, device, inode, size, modified_ns, changed_ns)
GRAFT_MEMBERS(RecordedLook, path, found, content, stamp)
GRAFT_MEMBERS(InputRecord, looks, artifact)
GRAFT_MEMBERS(InputRecords, records)

namespace {

/// An edit that goes back and forth finds its way; a file that was edited all day does not fill a disk.
constexpr std::size_t kMostRecords = 8;

struct Status {
  Look::Found found = Look::Found::kNothing;
  FileStamp stamp{};
};

std::int64_t nanoseconds(const timespec &time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

Status status_of(const std::string &path, OpenFolders &folders) {
  struct ::stat status{};
  if (!folders.status(path, status)) return {};
  return {S_ISDIR(status.st_mode) ? Look::Found::kFolder : Look::Found::kFile,
          {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size), nanoseconds(status.st_mtim),
           nanoseconds(status.st_ctim)}};
}

/// R2. A time stamp from the future, of a clock that was set back or of another machine's, is no stamp either.
bool was_left_alone(const FileStamp &stamp, WallTime when) {
  const auto limit = std::chrono::duration_cast<std::chrono::nanoseconds>((when - kYoung).time_since_epoch()).count();
  return stamp.modified_ns < limit && stamp.changed_ns < limit;
}

} // namespace

InputRecord make_record(const InputTrace &trace, const ContentKey &request, WallTime began) {
  InputRecord record;
  OpenFolders folders;
  KeyBuilder key;
  key.add(request);
  for (const Look &look : trace.looks) {
    key.add(look.path);
    key.add(std::string_view(reinterpret_cast<const char *>(&look.found), sizeof look.found));
    key.add(look.content);
    RecordedLook recorded{look.path, look.found, look.content, {}};
    const bool was_read = look.content != ContentKey{};
    if (const Status status = was_read ? status_of(look.path, folders) : Status{}; was_left_alone(status.stamp, began))
      recorded.stamp = status.stamp;
    record.looks.push_back(std::move(recorded));
  }
  record.artifact = key.finish();
  return record;
}

void add_record(InputRecords &records, InputRecord record) {
  std::erase_if(records.records, [&](const InputRecord &known) { return known.artifact == record.artifact; });
  records.records.insert(records.records.begin(), std::move(record));
  if (records.records.size() > kMostRecords) records.records.resize(kMostRecords);
}

InputRecords without_stamps(InputRecords records) {
  for (InputRecord &record : records.records)
    for (RecordedLook &look : record.looks) look.stamp = {};
  return records;
}

std::vector<char> to_bytes(const InputRecords &records) { return written(records); }

std::optional<InputRecords> records_from_bytes(std::span<const char> bytes) { return read_whole<InputRecords>(bytes); }

InputTrace trace_of(const InputRecord &record) {
  InputTrace trace;
  for (const RecordedLook &look : record.looks) trace.looks.push_back({look.path, look.found, look.content});
  return trace;
}

static std::optional<ContentKey> read_list(const std::string &path) {
  std::vector<std::string> names;
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(path, failure), end; !failure && entry != end; entry.increment(failure))
    names.push_back(entry->path().filename());
  return failure ? std::nullopt : std::optional(key_of_list(std::move(names)));
}

static std::optional<ContentKey> read_content(const std::string &path) {
  // Read and not mapped: a file that is cut short meanwhile would end the process.
  const auto text =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false, /*IsVolatile=*/true);
  if (!text) return std::nullopt;
  return content_key(std::string_view((*text)->getBuffer()));
}

SecondLook::Seen &SecondLook::seen(const std::string &path) {
  const auto [known, is_new] = seen_.try_emplace(path);
  if (is_new) {
    const Status status = status_of(path, folders_);
    known->second = {status.found, status.stamp};
  }
  return known->second;
}

SecondLook::Verdict SecondLook::look(RecordedLook &look) {
  Seen &now = seen(look.path);
  if (now.found != look.found) return Verdict::kChanged;
  if (look.content == ContentKey{} || (look.stamp != FileStamp{} && look.stamp == now.stamp)) return Verdict::kHolds;
  if (!now.content) now.content = look.found == Look::Found::kFolder ? read_list(look.path) : read_content(look.path);
  if (*now.content != look.content) return Verdict::kChanged;
  // A change between the look and the reading, or after it, has left a stamp that is young now.
  if (!was_left_alone(now.stamp, std::chrono::system_clock::now())) return Verdict::kHolds;
  look.stamp = now.stamp;
  return Verdict::kHoldsWithNewStamps;
}

SecondLook::Verdict SecondLook::look(InputRecord &record) {
  Verdict verdict = Verdict::kHolds;
  for (RecordedLook &one : record.looks) {
    const Verdict found = look(one);
    if (found == Verdict::kChanged) return found;
    verdict = std::max(verdict, found);
  }
  return verdict;
}

} // namespace graft::driver
