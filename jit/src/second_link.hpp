// What is special in the link of a second image: nothing that the first image has is made again.
//
// * T1: A name that only the first image may define - a variable, `__dso_handle` with all that is registered under it - is
//   bound to the first image's, of the same file, size and alignment, or the link fails.
// * T2: A function or constant whose address somebody may hold is bound to the first image's, if that has it.
// * T3: Calls are led from the first image to the second only between two names of one function of one file.
#pragma once

#include "graph_merger.hpp"
#include "image_symbols.hpp"

#include <graft/base/artifact.hpp>
#include <graft/base/result.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace graft::jit {

/// The first image, as the link of a second sees it.
struct FirstImage {
  const ImageSymbols &symbols;
  const void *dso_handle = nullptr;
};

/// A function of the second image, and where the first image's is.
struct TwinSymbol {
  std::uintptr_t first = 0;
  llvm::jitlink::Symbol *second = nullptr;
};

/// Binds what the objects leave open and the first image has under the same name, such as functions from machine code.
void bind_open_names(GraphMerger &merger, const FirstImage &first);
/// T1 and T2, when all objects are in. kUnsupported with what does not fit. What the first image does not have stays open.
Result<void> bind_first_names(GraphMerger &merger, const Artifact &artifact, const FirstImage &first);
/// What to say of a symbol that stayed open in code that is alive; nothing when it is none of the first image's.
std::optional<Error> missing_in_first(const Artifact &artifact, std::string_view symbol);
/// Binds what the members of a fused image have outside of it (graft/base/fused_name.hpp) to what it is in their second
/// images. kUnsupported where one has no such thing.
Result<void> bind_member_names(GraphMerger &merger, const std::vector<const ImageSymbols *> &members);
/// T3.
std::vector<TwinSymbol> find_twins(GraphMerger &merger, const Artifact &artifact, const FirstImage &first);

} // namespace graft::jit
