// See inputs.hpp.
#include "inputs.hpp"

#include <filesystem>

namespace graft {
namespace {

/// Headers that only the compiler has: `graft/abi.h` and those of a bundle from memory.
bool is_virtual(std::string_view path) { return path.starts_with("/.graft/"); }

InputFile header_of(const HeaderFacts &header, const std::string &directory) {
  using Kind = InputFile::Kind;
  const bool was_there = header.content != ContentKey{};
  if (!was_there) return {header.path, {}, Kind::kProbed};
  const auto kind = header.system ? Kind::kSystem : Kind::kHeader;
  if (header.path.starts_with('/')) return {header.path, header.content, kind};
  return {(std::filesystem::path(directory) / header.path).string(), header.content, kind};
}

} // namespace

void InputRegistry::record(const BundleText &text, const Facts &facts, std::uint64_t ticket) {
  if (text.path.empty()) return;
  std::vector<InputFile> files;
  for (const driver::Source &source : text.sources)
    files.push_back({source.name, driver::content_key(source.contents.value_or("")), InputFile::Kind::kOwn});
  if (text.path == text.directory)
    files.push_back({text.directory + "/graft.toml", text.manifest_content, InputFile::Kind::kOwn});
  for (const HeaderFacts &header : facts.headers)
    if (!is_virtual(header.path)) files.push_back(header_of(header, text.directory));

  const MutexLock lock(mutex_);
  Entry &entry = entries_[text.name];
  if (entry.ticket > ticket) return;
  entry = {ticket, std::move(files)};
}

std::vector<InputFile> InputRegistry::of(std::string_view bundle) const {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(bundle);
  return found == entries_.end() ? std::vector<InputFile>() : found->second.files;
}

void InputRegistry::forget(std::string_view bundle) {
  const MutexLock lock(mutex_);
  if (const auto found = entries_.find(bundle); found != entries_.end()) entries_.erase(found);
}

} // namespace graft
