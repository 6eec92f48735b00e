// See machine_code.hpp.
#include "machine_code.hpp"

#include "../bundle/source_files.hpp"
#include "archive_members.hpp"
#include "provider_records.hpp"

#include <algorithm>
#include <cstddef>

namespace graft {
namespace {

std::string_view view_of(const ObjectFile &object) { return {object.bytes.data(), object.bytes.size()}; }

/// Of an object, which most are, nothing else is read.
bool claims_to_be_shared(std::string_view bytes) {
  Elf64_Half type = ET_NONE;
  if (bytes.size() >= sizeof(Elf64_Ehdr)) std::memcpy(&type, bytes.data() + offsetof(Elf64_Ehdr, e_type), sizeof type);
  return type == ET_DYN;
}

Result<void> add_object(std::string_view bytes, std::string name, Artifact &artifact) {
  GRAFT_TRY_ASSIGN(const ElfFile file, ElfFile::open(bytes, name));
  GRAFT_TRY_ASSIGN(Facts facts, read_provider_records(file));
  std::ranges::move(facts.providers, std::back_inserter(artifact.facts.providers));
  artifact.facts.defines_init |= facts.defines_init;
  artifact.facts.defines_stop |= facts.defines_stop;
  artifact.facts.defines_main |= facts.defines_main;
  artifact.objects.push_back({std::move(name), {bytes.begin(), bytes.end()}});
  return {};
}

Result<void> add_file(const driver::Source &source, Artifact &artifact) {
  const std::string_view bytes = *source.contents;
  if (!source.name.ends_with(".a")) return add_object(bytes, source.name, artifact);
  GRAFT_TRY_ASSIGN(const std::vector<ArchiveMember> members, archive_members(bytes, source.name));
  for (const ArchiveMember &member : members)
    GRAFT_TRY(add_object(member.bytes, source.name + "(" + member.name + ")", artifact));
  return {};
}

/// The key of several keys and names, in order.
ContentKey key_over(const ContentKey &first, const std::string &name, std::string_view bytes) {
  const ContentKey second = driver::content_key(bytes);
  std::string joined(first.bytes.begin(), first.bytes.end());
  joined.append(second.bytes.begin(), second.bytes.end()).append(name);
  return driver::content_key(joined);
}

} // namespace

Result<void> add_machine_code(const std::vector<driver::Source> &sources, Artifact &artifact) {
  for (const driver::Source &source : sources) {
    if (!is_machine_code_name(source.name)) continue;
    GRAFT_TRY(add_file(source, artifact));
    artifact.source_key = key_over(artifact.source_key, source.name, *source.contents);
    artifact.token_key = {};
    artifact.object_key = key_over(artifact.object_key, {}, *source.contents);
  }
  if (artifact.objects.size() < 2) return {};
  for (const ObjectFile &object : artifact.objects)
    if (const auto file = ElfFile::open(view_of(object), object.source); file && file->is_shared())
      return error(Code::kInvalid,
                   "shared object '" + object.source + "' is not alone: a bundle is one shared object, or none is in it",
                   {object.source, 0, 0});
  return {};
}

bool is_shared_object(const Artifact &artifact) {
  if (artifact.objects.size() != 1 || !claims_to_be_shared(view_of(artifact.objects.front()))) return false;
  const auto file = ElfFile::open(view_of(artifact.objects.front()), {});
  return file && file->is_shared();
}

} // namespace graft
