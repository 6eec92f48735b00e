// See prelink.hpp. Addresses are a base and an offset: of the code run, of the writable run, of nothing (absolute zero), or
// of a look at the outside.
#include "prelink.hpp"

#include "outside_symbols.hpp"

#include <graft/base/byte_stream.hpp>
#include <graft/base/hash.hpp>

#include <llvm/ExecutionEngine/JITLink/JITLink.h>
#include <llvm/ExecutionEngine/JITLink/x86_64.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace graft::jit {

using llvm::jitlink::Block;
using llvm::jitlink::Edge;
using llvm::jitlink::LinkGraph;
namespace x86_64 = llvm::jitlink::x86_64;

namespace {

constexpr std::uint32_t kFormat = 2;
constexpr std::uint32_t kCode = 0, kWritable = 1, kNowhere = 2, kFirstLook = 3;

LLVM_ENABLE_BITMASK_ENUMS_IN_NAMESPACE();

struct Place {
  std::uint32_t base = kNowhere;
  std::uint64_t offset = 0;
};
GRAFT_MEMBERS(Place, base, offset)

struct Run {
  std::uint64_t bytes = 0;
  std::uint64_t align = 1;
  std::uint64_t was_at = 0;
  std::vector<char> content; ///< zeros at its end are left out
};
GRAFT_MEMBERS(Run, bytes, align, was_at, content)

struct Look {
  std::string name;
  std::uint64_t was_at = 0; ///< 0: not found
};
GRAFT_MEMBERS(Look, name, was_at)

struct Export {
  std::string name;
  Place place;
};
GRAFT_MEMBERS(Export, name, place)

struct Function {
  std::uint64_t offset = 0; ///< in the code
  std::uint32_t bytes = 0;
  std::uint32_t name = 0;
};
GRAFT_MEMBERS(Function, offset, bytes, name)

struct Name {
  std::uint64_t key = 0;
  Place place;
  std::uint64_t bytes = 0;
};
GRAFT_MEMBERS(Name, key, place, bytes)

/// Everything that is stored.
struct Record {
  std::uint32_t format = kFormat;
  std::uint64_t options = 0;
  Run code, writable;
  std::vector<Look> looks;
  std::vector<Patch> patches;
  std::vector<std::uint64_t> sizes; ///< code, read-only, writable
  Place dso_handle, frames, frame_header;
  bool has_frames = false;
  bool has_fork_handlers = false;
  std::vector<Export> exports;
  std::vector<Place> initialisers, finalisers;
  std::vector<Function> functions;
  std::string function_names;
  std::vector<Name> names;
};
GRAFT_MEMBERS(Record, format, options, code, writable, looks, patches, sizes, dso_handle, frames, frame_header, has_frames,
              has_fork_handlers, exports, initialisers, finalisers, functions, function_names, names)

} // namespace

GRAFT_MEMBERS(Patch, offset, base, target, width, op)
constexpr Patch::Op last(Patch::Op) { return Patch::Op::kNegativeDelta; }

namespace {

/// Over everything in the options that a link may come out differently for.
std::uint64_t key_of(const LinkOptions &options) {
  std::uint64_t key = fnv1a64(options.ending == Ending::kProcess ? "process" : "unload");
  const auto add = [&](std::string_view part) { key = fnv1a64(part, fnv1a64(std::string_view("\0", 1), key)); };
  add(options.second == Second::kPossible ? "second" : "alone");
  std::vector<std::string_view> given;
  for (const Symbol &symbol : options.symbols) given.push_back(symbol.name);
  std::ranges::sort(given);
  for (const std::string_view name : given) add(name);
  add("exports");
  for (const std::string &name : options.exports) add(name);
  add("libraries");
  for (const std::string &name : options.libraries) add(name);
  return key;
}

Run run_of(const PageRun &pages, const RunRequest &request) {
  const auto *begin = reinterpret_cast<const char *>(pages.begin);
  std::size_t size = request.bytes;
  while (size > 0 && begin[size - 1] == 0) --size;
  return {request.bytes, request.align, pages.begin, {begin, begin + size}};
}

template <class T>
bool fits(std::int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

/// A record on its way to an image. Every offset in it is looked at before it is used.
class Placer {
 public:
  Placer(const Record &record, ImageState &image) : record_(record), image_(image) {}

  /// P1. Takes the looks again. False when one comes out differently.
  bool look(const LinkOptions &options);
  bool fill(const Placement &placement);

 private:
  static bool copy(const Run &run, const PageRun &pages);
  bool apply(const Patch &patch) const;
  std::optional<std::uintptr_t> at(const Place &place) const;
  bool name_places();

  const Record &record_;
  ImageState &image_;
  std::vector<std::uint64_t> now_, before_; ///< where each base is, and was
};

bool Placer::look(const LinkOptions &options) {
  OutsideSymbols outside(options, image_);
  if (!outside.open_libraries()) return false;
  now_ = {0, 0, 0};
  before_ = {record_.code.was_at, record_.writable.was_at, 0};
  for (const Look &look : record_.looks) {
    const auto found = outside.find(look.name);
    if (!found || (*found).has_value() != (look.was_at != 0)) return false;
    now_.push_back(reinterpret_cast<std::uintptr_t>((*found).value_or(nullptr)));
    before_.push_back(look.was_at);
  }
  return true;
}

bool Placer::copy(const Run &run, const PageRun &pages) {
  if (run.content.size() > run.bytes || run.bytes > pages.bytes) return false;
  if (!run.content.empty()) std::memcpy(reinterpret_cast<void *>(pages.begin), run.content.data(), run.content.size());
  return true;
}

bool Placer::apply(const Patch &patch) const {
  const Run &run = patch.base == kCode ? record_.code : record_.writable;
  if (patch.base > kWritable || patch.target >= now_.size() || (patch.width != 4 && patch.width != 8)) return false;
  if (patch.offset > run.bytes || run.bytes - patch.offset < patch.width) return false;
  const auto target = static_cast<std::int64_t>(now_[patch.target] - before_[patch.target]);
  const auto place = static_cast<std::int64_t>(now_[patch.base] - before_[patch.base]);
  const std::int64_t change = patch.op == Patch::Op::kAddress ? target
                              : patch.op == Patch::Op::kDelta ? target - place
                                                              : place - target;
  auto *const word = reinterpret_cast<char *>(now_[patch.base] + patch.offset);
  if (patch.width == 8) {
    std::uint64_t value;
    std::memcpy(&value, word, sizeof value);
    value += static_cast<std::uint64_t>(change);
    std::memcpy(word, &value, sizeof value);
    return true;
  }
  std::int32_t value;
  std::memcpy(&value, word, sizeof value);
  const std::int64_t moved = value + change;
  if (!fits<std::int32_t>(moved)) return false; // an outside that lies farther off than it did
  value = static_cast<std::int32_t>(moved);
  std::memcpy(word, &value, sizeof value);
  return true;
}

std::optional<std::uintptr_t> Placer::at(const Place &place) const {
  if (place.base >= now_.size()) return std::nullopt;
  const std::uint64_t room = place.base == kCode ? record_.code.bytes : place.base == kWritable ? record_.writable.bytes : 0;
  if (place.offset > room) return std::nullopt;
  return now_[place.base] + place.offset;
}

bool Placer::name_places() {
  for (const Export &one : record_.exports) {
    const auto address = at(one.place);
    if (!address) return false;
    image_.exports[one.name] = reinterpret_cast<const void *>(*address);
  }
  for (const Place &one : record_.initialisers) {
    const auto address = at(one);
    if (!address) return false;
    image_.initialisers.push_back(reinterpret_cast<Initialiser>(*address));
  }
  for (const Place &one : record_.finalisers) {
    const auto address = at(one);
    if (!address) return false;
    image_.finalisers.push_back(reinterpret_cast<Finaliser>(*address));
  }
  std::vector<FunctionNames::Function> functions;
  functions.reserve(record_.functions.size());
  for (const Function &one : record_.functions) {
    if (one.offset > record_.code.bytes || one.name >= record_.function_names.size()) return false;
    functions.push_back({now_[kCode] + one.offset, one.bytes, one.name});
  }
  if (!record_.function_names.empty() && record_.function_names.back() != 0) return false;
  image_.functions = FunctionNames(std::move(functions), record_.function_names);
  std::vector<ImageSymbols::Entry> names;
  names.reserve(record_.names.size());
  for (const Name &one : record_.names) {
    const auto address = at(one.place);
    if (!address) return false;
    names.push_back({one.key, {*address, one.bytes}});
  }
  if (!names.empty()) image_.symbols = std::make_unique<ImageSymbols>(std::move(names));
  return true;
}

bool Placer::fill(const Placement &placement) {
  now_[kCode] = placement.code.begin;
  now_[kWritable] = placement.writable.begin;
  if (!copy(record_.code, placement.code) || !copy(record_.writable, placement.writable)) return false;
  if (!std::ranges::all_of(record_.patches, [&](const Patch &patch) { return apply(patch); })) return false;
  const auto handle = at(record_.dso_handle), frames = at(record_.frames), header = at(record_.frame_header);
  if (!handle || record_.dso_handle.base != kCode || record_.code.bytes - record_.dso_handle.offset < sizeof(void *))
    return false;
  if (!frames || !header || record_.sizes.size() != 3) return false;
  const ImageState *const image = &image_;
  std::memcpy(reinterpret_cast<void *>(*handle), &image, sizeof image);
  image_.dso_handle = reinterpret_cast<const void *>(*handle);
  if (record_.has_frames) {
    image_.frames = reinterpret_cast<const void *>(*frames);
    image_.frame_header = reinterpret_cast<const void *>(*header);
  }
  image_.has_fork_handlers = record_.has_fork_handlers;
  image_.stats = {record_.sizes[0], record_.sizes[1], record_.sizes[2]};
  if (record_.sizes[0] > record_.code.bytes) return false;
  if (record_.sizes[0] != 0) image_.code = {{placement.code.begin, placement.code.begin + record_.sizes[0]}};
  return name_places();
}

} // namespace

void PrelinkRecorder::note_runs(const RunRequest &code, const RunRequest &writable) {
  code_ = code;
  writable_ = writable;
}

static std::uint32_t run_of(const Block &block) {
  const auto protection = block.getSection().getMemProt();
  return (protection & llvm::orc::MemProt::Write) != llvm::orc::MemProt::None ? kWritable : kCode;
}

std::optional<std::uint32_t> PrelinkRecorder::base_of(const llvm::jitlink::Symbol &symbol) const {
  if (symbol.isDefined()) return run_of(symbol.getBlock());
  if (!symbol.getAddress()) return kNowhere;
  const auto look = bases_.find(symbol.getAddress().toPtr<const void *>());
  return look == bases_.end() ? std::nullopt : std::optional(look->second);
}

void PrelinkRecorder::note_edges(LinkGraph &graph) {
  for (std::size_t i = 0; i < looks_.size(); ++i)
    if (looks_[i].address != nullptr) bases_.try_emplace(looks_[i].address, kFirstLook + static_cast<std::uint32_t>(i));
  for (const llvm::jitlink::Section &section : graph.sections()) {
    if (section.getMemLifetime() == llvm::orc::MemLifetime::NoAlloc) continue;
    for (const Block *block : section.blocks()) {
      const std::uint32_t place = run_of(*block);
      for (const Edge &edge : block->edges()) {
        if (!edge.isRelocation()) continue;
        const std::optional<std::uint32_t> target = base_of(edge.getTarget());
        Patch patch{(block->getAddress() + edge.getOffset()).getValue(), place, target.value_or(kNowhere), 4,
                    Patch::Op::kDelta};
        bool is_known = target.has_value();
        switch (edge.getKind()) {
        case x86_64::Pointer64:
          patch.width = 8;
          patch.op = Patch::Op::kAddress;
          break;
        case x86_64::Delta64:
          patch.width = 8;
          break;
        case x86_64::NegDelta64:
          patch.width = 8;
          patch.op = Patch::Op::kNegativeDelta;
          break;
        case x86_64::NegDelta32:
          patch.op = Patch::Op::kNegativeDelta;
          break;
        case x86_64::Delta32:
        case x86_64::PCRel32:
        case x86_64::BranchPCRel32:
        case x86_64::BranchPCRel32ToPtrJumpStub:
        case x86_64::BranchPCRel32ToPtrJumpStubBypassable:
        case x86_64::PCRel32GOTLoadRelaxable:
        case x86_64::PCRel32GOTLoadREXRelaxable:
          break;
        default: // within a run nothing but an address moves
          is_known &= place == target && edge.getKind() != x86_64::Pointer32 && edge.getKind() != x86_64::Pointer32Signed &&
                      edge.getKind() != x86_64::Pointer16 && edge.getKind() != x86_64::Pointer8;
        }
        is_possible_ &= is_known;
        const bool moves = patch.op == Patch::Op::kAddress ? target != kNowhere : target != place;
        if (is_known && moves) patches_.push_back(patch);
      }
    }
  }
}

std::vector<char> PrelinkRecorder::bytes(const ImageState &image, const LinkOptions &options) const {
  bool is_possible = is_possible_;
  const auto place_of = [&](std::uintptr_t address) -> Place {
    const PageRun &code = image.placement.code, &writable = image.placement.writable;
    if (address >= code.begin && address - code.begin <= code_.bytes && code.bytes != 0)
      return {kCode, address - code.begin};
    if (address >= writable.begin && address - writable.begin <= writable_.bytes && writable.bytes != 0)
      return {kWritable, address - writable.begin};
    const auto look = bases_.find(reinterpret_cast<const void *>(address));
    is_possible &= look != bases_.end();
    return look == bases_.end() ? Place{} : Place{look->second, 0};
  };
  const auto place_at = [&](const void *address) { return place_of(reinterpret_cast<std::uintptr_t>(address)); };

  Record record;
  record.options = key_of(options);
  record.code = run_of(image.placement.code, code_);
  record.writable = run_of(image.placement.writable, writable_);
  for (const OutsideLook &look : looks_) record.looks.push_back({look.name, reinterpret_cast<std::uintptr_t>(look.address)});
  record.patches = patches_;
  for (Patch &patch : record.patches) patch.offset -= patch.base == kCode ? record.code.was_at : record.writable.was_at;
  record.sizes = {image.stats.code_bytes, image.stats.read_only_bytes, image.stats.writable_bytes};
  record.dso_handle = place_at(image.dso_handle);
  record.has_frames = image.frame_header != nullptr;
  if (record.has_frames) {
    record.frames = place_at(image.frames);
    record.frame_header = place_at(image.frame_header);
  }
  record.has_fork_handlers = image.has_fork_handlers;
  for (const auto &[name, address] : image.exports) record.exports.push_back({name, place_at(address)});
  for (const Initialiser one : image.initialisers)
    record.initialisers.push_back(place_at(reinterpret_cast<const void *>(one)));
  for (const Finaliser one : image.finalisers) record.finalisers.push_back(place_at(reinterpret_cast<const void *>(one)));
  for (const FunctionNames::Function &one : image.functions.functions())
    record.functions.push_back({one.begin - record.code.was_at, one.bytes, one.name});
  record.function_names = image.functions.names();
  if (image.symbols != nullptr)
    for (const ImageSymbols::Entry &one : image.symbols->entries())
      record.names.push_back({one.key, place_of(one.place.address), one.place.bytes});

  return is_possible ? written(record) : std::vector<char>();
}

bool place_prelinked(std::span<const char> bytes, const LinkOptions &options, AddressSpace &space, ImageState &image) {
  const auto read = read_whole<Record>(bytes);
  if (!read || read->format != kFormat || read->options != key_of(options)) return false;
  const Record &record = *read;
  Placer placer(record, image);
  if (!placer.look(options)) return false;
  const auto placement = space.place({record.code.bytes, record.code.align}, {record.writable.bytes, record.writable.align});
  if (!placement) return false;
  if (!placer.fill(*placement) || !space.seal(*placement)) {
    space.release(*placement);
    return false;
  }
  image.placement = *placement;
  return true;
}

} // namespace graft::jit
