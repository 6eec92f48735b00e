// Initialisers and finalisers: which sections hold them, and in which order they run.
#pragma once

#include "image_state.hpp"

#include <llvm/ExecutionEngine/JITLink/JITLink.h>

namespace graft::jit {

/// `.preinit_array`, `.init_array`, `.fini_array`, `.ctors`, `.dtors`, with or without a priority behind them.
bool is_array_section(llvm::StringRef name);

/// Reads the fixed-up arrays of `graph` into `image`.
void record_arrays(llvm::jitlink::LinkGraph &graph, ImageState &image);

} // namespace graft::jit
