// The few bytes that are made for an image rather than compiled: its `__dso_handle`, and the functions of the C library that
// are found in no shared library because every program gets a copy of its own (`atexit`).
#pragma once

#include "graph_merger.hpp"
#include "image_state.hpp"
#include "outside_symbols.hpp"

namespace graft::jit {

/// The symbol that stands for an image, in its code and in ORC.
inline constexpr const char *kImageSymbol = "__dso_handle";

/// Defines it, and of the functions those that the objects use, `outside` was not given, and its gate allows.
///
/// The handle lies in the image, because compiled code reaches it directly, and holds the address of `image`.
llvm::jitlink::Symbol &add_stubs(GraphMerger &merger, OutsideSymbols &outside, ImageState &image);

} // namespace graft::jit
