// See unit_memory.hpp. Files are looked at without the lock.
#include "unit_memory.hpp"

#include <algorithm>

namespace graft::driver {
namespace {

/// About what it takes: most of it is the object and names.
std::size_t bytes_of(const KnownUnit &known) {
  const Unit &unit = *known.unit;
  std::size_t bytes = unit.output.size() + unit.bitcode.size() + unit.facts.types.types.size() * sizeof(Type);
  for (const RecordedLook &look : known.record.looks) bytes += sizeof look + look.path.size();
  for (const HeaderFacts &header : unit.facts.headers) bytes += sizeof header + header.path.size();
  for (const Import &import : unit.undefined) bytes += sizeof import + import.symbol.size();
  for (const auto *names : {&unit.defined, &unit.defined_strongly})
    for (const std::string &name : *names) bytes += sizeof name + name.size();
  return bytes;
}

} // namespace

Unit copy_of(const KnownUnit &known) {
  Unit unit = *known.unit;
  unit.trace = trace_of(known.record);
  return unit;
}

std::optional<KnownUnit> UnitMemory::find(const UnitKey &key, SecondLook &look) {
  KnownUnit known;
  {
    const MutexLock lock(mutex_);
    const auto at = entries_.find(key.place.bytes);
    if (at == entries_.end() || at->second.request != key.request) return std::nullopt;
    at->second.used = ++clock_;
    known = at->second.known;
  }
  const SecondLook::Verdict verdict = look.look(known.record);
  if (verdict == SecondLook::Verdict::kChanged) return std::nullopt;
  if (verdict == SecondLook::Verdict::kHolds) return known;
  const MutexLock lock(mutex_);
  const auto at = entries_.find(key.place.bytes);
  if (at != entries_.end() && at->second.known.unit == known.unit) at->second.known.record = known.record;
  return known;
}

void UnitMemory::keep(const UnitKey &key, KnownUnit known) {
  const std::size_t bytes = bytes_of(known);
  const MutexLock lock(mutex_);
  Entry &entry = entries_[key.place.bytes];
  bytes_ += bytes - entry.bytes;
  entry = {key.request, std::move(known), bytes, ++clock_};
  forget_old();
}

/// Down to four fifths, so that this is not gone through at every save.
void UnitMemory::forget_old() {
  if (bytes_ <= limit_bytes_) return;
  std::vector<decltype(entries_)::iterator> oldest;
  for (auto at = entries_.begin(); at != entries_.end(); ++at) oldest.push_back(at);
  std::ranges::sort(oldest, {}, [](const auto &at) { return at->second.used; });
  for (const auto &at : oldest) {
    if (bytes_ <= limit_bytes_ / 5 * 4) return;
    bytes_ -= at->second.bytes;
    entries_.erase(at);
  }
}

} // namespace graft::driver
