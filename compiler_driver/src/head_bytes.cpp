// See head_bytes.hpp. Headers, warnings and looks travel as an artifact's do.
#include "head_bytes.hpp"

#include "recipe_bytes.hpp"

#include <graft/base/artifact_bytes.hpp>
#include <graft/base/byte_stream.hpp>

namespace graft::driver {
namespace {

constexpr Inputs::Depends last(Inputs::Depends) { return Inputs::Depends::kOnMoment; }

struct HeadInBytes {
  std::string bytes;
  unsigned size = 0;
  bool ends_at_line_start = false;
  bool has_learned = false;
  std::vector<std::string> open; ///< names, each as often as it has a number
  std::vector<std::uint32_t> open_with;
  std::vector<std::uint32_t> contracts;
  std::uint8_t depends = 0;
  std::vector<char> read;   ///< of an artifact with these headers, the warnings and the looks
  std::vector<char> probed; ///< of one with those headers
  std::vector<char> record;
  std::vector<char> recipes;
  ContentKey code;
};
GRAFT_MEMBERS(HeadInBytes, bytes, size, ends_at_line_start, has_learned, open, open_with, contracts, depends, read, probed,
              record, recipes, code)

} // namespace

std::vector<char> to_bytes(const Preamble &preamble, const std::vector<Recipe> &recipes) {
  Artifact read, probed;
  read.facts.headers = preamble.inputs.read;
  read.warnings = preamble.warnings;
  read.trace = preamble.inputs.trace;
  probed.facts.headers = preamble.inputs.probed;
  std::vector<std::string> open;
  std::vector<std::uint32_t> open_with;
  for (const auto &[name, numbers] : preamble.open)
    for (const unsigned number : numbers) open.push_back(name), open_with.push_back(number);
  const HeadInBytes head{preamble.bytes,
                         preamble.head.size,
                         preamble.head.ends_at_line_start,
                         preamble.has_learned,
                         std::move(open),
                         std::move(open_with),
                         preamble.contracts,
                         std::to_underlying(preamble.inputs.depends),
                         to_bytes(read),
                         to_bytes(probed),
                         to_bytes(InputRecords{{preamble.record}}),
                         to_bytes(recipes),
                         preamble.code ? preamble.code->key : ContentKey{}};
  std::vector<char> bytes;
  bytes.reserve(head.bytes.size() + head.read.size() + head.recipes.size() + head.record.size() + 4096);
  ByteWriter(bytes).put(head);
  return bytes;
}

std::optional<StoredHead> head_from_bytes(std::span<const char> bytes) {
  HeadInBytes head;
  ByteReader reader(bytes);
  reader.get(head);
  if (!reader.is_whole() || head.open.size() != head.open_with.size()) return std::nullopt;
  if (head.depends > std::to_underlying(last(Inputs::Depends{}))) return std::nullopt;
  auto read = artifact_from_bytes(head.read), probed = artifact_from_bytes(head.probed);
  auto record = records_from_bytes(head.record);
  auto recipes = recipes_from_bytes(head.recipes);
  if (!read || !probed || !record || record->records.size() != 1 || !recipes) return std::nullopt;
  StoredHead stored{std::make_shared<Preamble>(), *std::move(recipes), head.code};
  Preamble &preamble = *stored.preamble;
  preamble.bytes = std::move(head.bytes);
  preamble.head = {preamble.bytes, head.size, head.ends_at_line_start};
  preamble.inputs = {static_cast<Inputs::Depends>(head.depends), std::move((*read).facts.headers),
                     std::move((*probed).facts.headers), std::move((*read).trace)};
  preamble.record = std::move(record->records.front());
  preamble.contracts = std::move(head.contracts);
  preamble.warnings = std::move((*read).warnings);
  for (std::size_t i = 0; i < head.open.size(); ++i) preamble.open[head.open[i]].insert(head.open_with[i]);
  preamble.has_learned = head.has_learned;
  return stored;
}

} // namespace graft::driver
