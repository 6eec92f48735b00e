// Is this a well-formed relocatable file that we can link? Asked before JITLink sees a byte of it.
#pragma once

#include <graft/base/artifact.hpp>
#include <graft/base/result.hpp>

namespace graft::jit {

/// kInvalid for bytes that are not a whole x86-64 relocatable ELF file, kUnsupported for what JITLink cannot take (IFUNC,
/// native thread-locals); each names the file, and the symbol where there is one.
Result<void> check_object(const ObjectFile &object);

} // namespace graft::jit
