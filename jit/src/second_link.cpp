// See second_link.hpp.
#include "second_link.hpp"

#include "stubs.hpp"
#include "thread_locals.hpp"

#include <graft/base/first_image.hpp>
#include <graft/base/fused_name.hpp>

#include <llvm/ADT/DenseSet.h>
#include <llvm/ADT/StringSet.h>
#include <llvm/Demangle/Demangle.h>

#include <algorithm>
#include <optional>
#include <string>

namespace graft::jit {
namespace {

constexpr std::string_view kControl = "__emutls_v.";

void bind_name(GraphMerger &merger, llvm::StringRef name, std::uintptr_t address) {
  merger.define(name,
                merger.graph().addAbsoluteSymbol(name, llvm::orc::ExecutorAddr(address), 0, llvm::jitlink::Linkage::Strong,
                                                 llvm::jitlink::Scope::Local, /*IsLive=*/false));
}

/// Makes undefined `symbol` what `name` is, or stays: outside, or missing.
void mean_the_same(GraphMerger &merger, llvm::StringRef symbol, llvm::StringRef name) {
  const bool may_be_missing = merger.symbol(symbol).isWeaklyReferenced();
  const bool is_new = !merger.uses(name) && !merger.defines(name);
  llvm::jitlink::Symbol &meant = merger.symbol(name);
  if (is_new) meant.setWeaklyReferenced(may_be_missing);
  merger.define(symbol, meant);
}

std::string source_of(const Artifact &artifact, std::uint64_t file) {
  for (const ObjectFile &object : artifact.objects)
    if (file_of_image(object.source) == file) return object.source;
  return {};
}

/// Why a place of the first image is not that of `name`; empty when it is.
std::string mismatch(const FirstName &name, const ImageSymbols::Place &place) {
  if (name.size != 0 && place.bytes != 0 && place.bytes != name.size)
    return "has " + std::to_string(place.bytes) + " bytes in the first image, and " + std::to_string(name.size) +
           " in the second";
  if (name.align != 0 && place.address % name.align != 0)
    return "does not lie at a multiple of " + std::to_string(name.align) + " in the first image, which the second counts on";
  return {};
}

std::string mismatch(const FirstName &name, const ThreadControl &control) {
  if (control.bytes == name.size && control.align >= name.align) return {};
  return "is a thread-local of " + std::to_string(control.bytes) + " bytes in the first image, and of " +
         std::to_string(name.size) + " in the second";
}

struct FirstSymbol {
  FirstName name;
  bool is_thread_local = false; ///< then it is the control object that `known` names
  std::string known;            ///< to the first image
};

std::optional<FirstSymbol> first_symbol(std::string_view symbol) {
  const bool is_thread_local = symbol.starts_with(kControl);
  if (is_thread_local) symbol.remove_prefix(kControl.size());
  const auto name = parse_first_name(symbol);
  if (!name) return std::nullopt;
  return FirstSymbol{*name, is_thread_local, (is_thread_local ? std::string(kControl) : std::string()).append(name->name)};
}

Error does_not_fit(const Artifact &artifact, const FirstName &name, const std::string &how) {
  return error(Code::kUnsupported, "'" + llvm::demangle(name.name) + "' of " + source_of(artifact, name.file) + " " + how);
}

/// The definition that a file's `name` means in the graph; null when there is none.
llvm::jitlink::Symbol *own_symbol(GraphMerger &merger, const Artifact &artifact, std::uint64_t file, std::string_view name) {
  if (merger.defines(name)) return &merger.symbol(name);
  for (const NamedSymbol &named : merger.named())
    if (named.name == name && file_of_image(artifact.objects[named.object].source) == file) return named.symbol;
  return nullptr;
}

} // namespace

void bind_open_names(GraphMerger &merger, const FirstImage &first) {
  for (const std::string &name : merger.undefined()) {
    if (name == kImageSymbol || parse_first_name(name)) continue;
    if (const auto place = first.symbols.find(ImageSymbols::kEveryFile, name)) bind_name(merger, name, place->address);
  }
}

Result<void> bind_first_names(GraphMerger &merger, const Artifact &artifact, const FirstImage &first) {
  for (const std::string &symbol : merger.undefined()) {
    const auto wanted = first_symbol(symbol);
    if (!wanted) continue;
    const FirstName &name = wanted->name;
    const auto place = first.symbols.find(name.file, wanted->known);
    if (!place && name.file == ImageSymbols::kEveryFile) {
      mean_the_same(merger, symbol, wanted->known);
      continue;
    }
    if (!place) {
      if (llvm::jitlink::Symbol *own = own_symbol(merger, artifact, name.file, wanted->known)) merger.define(symbol, *own);
      continue;
    }
    const std::string wrong = wanted->is_thread_local
                                  ? mismatch(name, *reinterpret_cast<const ThreadControl *>(place->address))
                                  : mismatch(name, *place);
    if (!wrong.empty()) return does_not_fit(artifact, name, wrong);
    bind_name(merger, symbol, place->address);
  }
  return {};
}

std::optional<Error> missing_in_first(const Artifact &artifact, std::string_view symbol) {
  const auto wanted = first_symbol(symbol);
  if (!wanted) return std::nullopt;
  return does_not_fit(artifact, wanted->name, "is not in the first image");
}

Result<void> bind_member_names(GraphMerger &merger, const std::vector<const ImageSymbols *> &members) {
  for (const std::string &symbol : merger.undefined()) {
    const auto wanted = parse_member_name(symbol);
    if (!wanted || wanted->member >= members.size()) continue;
    const ImageSymbols &known = *members[wanted->member];
    auto place = known.find(ImageSymbols::kEveryFile, wanted->name);
    if (const auto first = parse_first_name(wanted->name); !place && first && first->file == ImageSymbols::kEveryFile)
      place = known.find(ImageSymbols::kEveryFile, first->name);
    if (!place)
      return error(Code::kUnsupported, "'" + llvm::demangle(wanted->name) + "' is not in the image of member " +
                                           std::to_string(wanted->member + 1));
    bind_name(merger, symbol, place->address);
  }
  return {};
}

std::vector<TwinSymbol> find_twins(GraphMerger &merger, const Artifact &artifact, const FirstImage &first) {
  std::vector<TwinSymbol> twins;
  llvm::DenseSet<std::uintptr_t> known;
  const std::size_t compiled = artifact.objects.size(); // behind them come members of support libraries
  for (const NamedSymbol &named : merger.named()) {
    std::string_view name = named.name;
    if (named.object >= compiled || !name.starts_with(kTwinPrefix)) continue;
    name.remove_prefix(kTwinPrefix.size());
    const auto place = first.symbols.find(file_of_image(artifact.objects[named.object].source), name);
    if (!place || !known.insert(place->address).second) continue;
    // Of a function that many files have, one was chosen.
    twins.push_back({place->address, merger.defines(name) ? &merger.symbol(name) : named.symbol});
  }
  return twins;
}

} // namespace graft::jit
