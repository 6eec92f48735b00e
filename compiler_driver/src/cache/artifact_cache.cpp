// See artifact_cache.hpp.
#include "artifact_cache.hpp"

#include "../unit_bytes.hpp"
#include "places.hpp"

#include <graft/base/artifact_bytes.hpp>

#include <algorithm>

namespace graft::driver {
namespace {

std::optional<Artifact> artifact_in(const std::optional<Entry> &entry, Origin origin) {
  if (!entry) return std::nullopt;
  auto artifact = artifact_from_bytes(entry->body());
  if (!artifact) return std::nullopt;
  (*artifact).origin = origin;
  (*artifact).times = {};
  (*artifact).compiled = 0;
  return *std::move(artifact);
}

InputRecords records_in(const std::optional<Entry> &entry) {
  return entry ? records_from_bytes(entry->body()).value_or(InputRecords{}) : InputRecords{};
}

} // namespace

Result<std::unique_ptr<ArtifactCache>> ArtifactCache::create(const CacheConfig &config, Tell tell) {
  std::unique_ptr<ArtifactCache> cache(new ArtifactCache(config, tell ? std::move(tell) : [](std::string_view) {}));
  const auto places = places_of(config);
  if (!places) {
    cache->tell_(places.error().message);
    return nullptr;
  }
  if (!(*places).folder) return nullptr;
  cache->folder_ = *(*places).folder;
  if ((*places).remote.empty()) return cache;
  auto remote = RedisStore::create(config, (*places).remote, cache->clock_, cache->tell_);
  if (!remote && (*places).remote_is_asked_for) return std::move(remote).error();
  if (remote)
    cache->remote_ = *std::move(remote);
  else
    cache->tell_(remote.error().message);
  return cache;
}

DiskStore *ArtifactCache::disk() {
  std::string wrong;
  {
    const MutexLock lock(mutex_);
    if (std::exchange(opened_, true)) return disk_.get();
    auto disk = DiskStore::open(folder_, config_.max_bytes);
    if (disk) return (disk_ = *std::move(disk)).get();
    wrong = disk.error().message;
  }
  tell_("bundles are compiled without a cache: " + wrong);
  return nullptr;
}

std::optional<Artifact> ArtifactCache::find(const ContentKey &request) {
  auto artifact = find_on_disk(request);
  return artifact || !remote_ ? std::move(artifact) : find_remote(request);
}

std::optional<Artifact> ArtifactCache::find_on_disk(const ContentKey &request) {
  const DiskStore *disk = this->disk();
  if (disk == nullptr) return std::nullopt;
  InputRecords known = records_in(disk->get(EntryKind::kRecord, request));
  SecondLook second_look;
  for (InputRecord &record : known.records) {
    const SecondLook::Verdict verdict = second_look.look(record);
    if (verdict == SecondLook::Verdict::kChanged) continue;
    auto artifact = artifact_in(disk->get(EntryKind::kArtifact, record.artifact), Origin::kDisk);
    if (artifact && verdict == SecondLook::Verdict::kHoldsWithNewStamps)
      background_.add(0, [this, request, record] { keep_records(request, record); });
    if (artifact) return artifact;
  }
  return std::nullopt;
}

std::optional<Artifact> ArtifactCache::find_remote(const ContentKey &request) {
  InputRecords known = without_stamps(records_in(remote_->get(EntryKind::kRecord, request)));
  SecondLook second_look;
  for (InputRecord &record : known.records) {
    if (second_look.look(record) == SecondLook::Verdict::kChanged) continue;
    auto entry = remote_->get(EntryKind::kArtifact, record.artifact);
    auto artifact = artifact_in(entry, Origin::kRemote);
    if (!artifact) continue;
    const std::size_t bytes = entry->sealed.size();
    background_.add(bytes, [this, request, record, entry = std::move(*entry)] {
      keep(EntryKind::kArtifact, request, record, entry.body());
    });
    return artifact;
  }
  return std::nullopt;
}

void ArtifactCache::store(const ContentKey &request, const Artifact &artifact, const InputTrace &trace, WallTime began) {
  if (!trace.unrepeatable.empty() || (disk() == nullptr && !remote_)) return;
  InputRecord record = make_record(trace, request, began);
  std::vector<char> bytes = to_bytes(artifact);
  const std::size_t size = bytes.size();
  background_.add(size, [this, request, record = std::move(record), bytes = std::move(bytes)] {
    keep(EntryKind::kArtifact, request, record, bytes);
    if (remote_) send(request, record, bytes);
  });
}

std::optional<KnownUnit> ArtifactCache::find_unit(const ContentKey &request, SecondLook &look) {
  const DiskStore *disk = this->disk();
  if (disk == nullptr) return std::nullopt;
  InputRecords known = records_in(disk->get(EntryKind::kRecord, request));
  for (InputRecord &record : known.records) {
    const SecondLook::Verdict verdict = look.look(record);
    if (verdict == SecondLook::Verdict::kChanged) continue;
    const auto entry = disk->get(EntryKind::kUnit, record.artifact);
    auto read = entry ? unit_from_bytes(entry->body()) : std::nullopt;
    if (!read) continue;
    if (read->learned != ContentKey{} && !(read->unit.learned = find_code(read->learned))) continue;
    if (verdict == SecondLook::Verdict::kHoldsWithNewStamps)
      background_.add(0, [this, request, record] { keep_records(request, record); });
    return KnownUnit{std::make_shared<const Unit>(std::move(read->unit)), std::move(record)};
  }
  return std::nullopt;
}

std::shared_ptr<const HeaderCode> ArtifactCache::find_code(const ContentKey &key) {
  {
    const MutexLock lock(mutex_);
    if (const auto known = codes_.find(key.bytes); known != codes_.end())
      if (auto code = known->second.lock()) return code;
  }
  const auto entry = disk()->get(EntryKind::kCode, key);
  auto read = entry ? header_code_from_bytes(entry->body()) : std::nullopt;
  if (!read) return nullptr;
  auto code = std::make_shared<const HeaderCode>(*std::move(read));
  const MutexLock lock(mutex_);
  std::erase_if(codes_, [](const auto &known) { return known.second.expired(); });
  codes_[key.bytes] = code;
  return code;
}

void ArtifactCache::keep_code(const HeaderCode &code) {
  if (!disk()->touch(EntryKind::kCode, code.key)) note_failure(disk()->put(EntryKind::kCode, code.key, to_bytes(code)));
}

std::optional<StoredHead> ArtifactCache::find_head(const ContentKey &key) {
  const DiskStore *disk = this->disk();
  if (disk == nullptr) return std::nullopt;
  const auto entry = disk->get(EntryKind::kHead, key);
  auto head = entry ? head_from_bytes(entry->body()) : std::nullopt;
  if (!head) return std::nullopt;
  if (head->code != ContentKey{} && !(head->preamble->code = find_code(head->code))) return std::nullopt;
  return head;
}

void ArtifactCache::store_head(const ContentKey &key, std::shared_ptr<const Preamble> preamble,
                               std::vector<Recipe> recipes) {
  if (disk() == nullptr) return;
  background_.add(preamble->bytes.size(), [this, key, preamble = std::move(preamble), recipes = std::move(recipes)] {
    if (preamble->code) keep_code(*preamble->code);
    const std::vector<char> bytes = to_bytes(*preamble, recipes);
    note_failure(disk()->put(EntryKind::kHead, key, bytes));
    prune_now_and_then(bytes.size());
  });
}

std::optional<std::vector<char>> ArtifactCache::find_image(const ContentKey &key) {
  const DiskStore *disk = this->disk();
  const auto entry = disk == nullptr ? std::nullopt : disk->get(EntryKind::kImage, key);
  if (!entry) return std::nullopt;
  const std::span<const char> body = entry->body();
  return std::vector<char>(body.begin(), body.end());
}

void ArtifactCache::store_image(const ContentKey &key, std::vector<char> bytes) {
  if (disk() == nullptr) return;
  background_.add(bytes.size(), [this, key, bytes = std::move(bytes)] {
    note_failure(disk()->put(EntryKind::kImage, key, bytes));
    prune_now_and_then(bytes.size());
  });
}

std::optional<std::vector<std::string>> ArtifactCache::find_arguments(const ContentKey &key) {
  const DiskStore *disk = this->disk();
  const auto entry = disk == nullptr ? std::nullopt : disk->get(EntryKind::kArguments, key);
  auto known = entry ? argument_entry_from_bytes(entry->body()) : std::nullopt;
  if (!known) return std::nullopt;
  const SecondLook::Verdict verdict = SecondLook().look(known->record);
  if (verdict == SecondLook::Verdict::kChanged) return std::nullopt;
  if (verdict == SecondLook::Verdict::kHoldsWithNewStamps) keep_arguments(key, *known);
  return std::move(known->arguments);
}

void ArtifactCache::store_arguments(const ContentKey &key, std::vector<std::string> arguments, const InputTrace &trace,
                                    WallTime began) {
  if (!trace.unrepeatable.empty() || disk() == nullptr) return;
  keep_arguments(key, {std::move(arguments), make_record(trace, key, began)});
}

void ArtifactCache::keep_arguments(const ContentKey &key, ArgumentEntry entry) {
  background_.add(0, [this, key, entry = std::move(entry)] {
    note_failure(disk()->put(EntryKind::kArguments, key, to_bytes(entry)));
  });
}

void ArtifactCache::store_unit(const ContentKey &request, const KnownUnit &known) {
  if (disk() == nullptr) return;
  background_.add(known.unit->output.size(), [this, request, known] {
    if (known.unit->learned) keep_code(*known.unit->learned);
    keep(EntryKind::kUnit, request, known.record, to_bytes(*known.unit));
  });
}

/// What came of it first: a record never leads to what is not there yet.
void ArtifactCache::keep(EntryKind kind, const ContentKey &request, InputRecord record, std::span<const char> body) {
  const DiskStore *disk = this->disk();
  if (disk == nullptr) return;
  const Result<void> stored = disk->put(kind, record.artifact, body);
  if (stored)
    keep_records(request, std::move(record));
  else
    note_failure(stored);
  prune_now_and_then(body.size());
}

/// Two processes that add to one request's records at once: one of them wins, the other's compile is repeated some day.
void ArtifactCache::keep_records(const ContentKey &request, InputRecord record) {
  const DiskStore *disk = this->disk();
  InputRecords known = records_in(disk->get(EntryKind::kRecord, request));
  add_record(known, std::move(record));
  note_failure(disk->put(EntryKind::kRecord, request, to_bytes(known)));
}

void ArtifactCache::send(const ContentKey &request, const InputRecord &record, std::span<const char> artifact) {
  if (!remote_->takes(artifact.size())) return;
  remote_->put(EntryKind::kArtifact, record.artifact, artifact);
  InputRecords known = records_in(remote_->get(EntryKind::kRecord, request));
  add_record(known, record);
  remote_->put(EntryKind::kRecord, request, to_bytes(without_stamps(std::move(known))));
}

void ArtifactCache::prune_now_and_then(std::size_t stored_bytes) {
  const DiskStore *disk = this->disk();
  stored_bytes_ += stored_bytes;
  const bool is_due = !std::exchange(has_looked_, true) && disk->is_due();
  if (!is_due && stored_bytes_ < config_.max_bytes / 16) return;
  stored_bytes_ = 0;
  disk->prune();
}

void ArtifactCache::note_failure(const Result<void> &stored) {
  if (stored) return;
  {
    const MutexLock lock(mutex_);
    if (std::exchange(told_, true)) return;
  }
  tell_("bundles are not kept for the next time: " + stored.error().message);
}

} // namespace graft::driver
