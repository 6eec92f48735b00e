// A shared object as an Image: opened from a private copy of its bytes, so that a reload opens the new ones and the file may
// be written over.
#pragma once

#include <graft/jit/linker.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace graft {

/// Opens the copy; of its own code nothing runs (the libraries that it needs are opened as ever). `self` is what its
/// `graft_self` will be. kInvalid with the dynamic linker's words; kExhausted; and as `defuse`.
Result<std::unique_ptr<jit::Image>> open_shared(std::string_view bytes, const std::string &file, const void *self,
                                                const jit::SymbolGate *gate = nullptr);

} // namespace graft
