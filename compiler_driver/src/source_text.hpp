// One input as text: read, told apart by language, its `#!` line blanked.
#pragma once

#include <graft/base/result.hpp>
#include <graft/driver/compiler.hpp>

#include <llvm/Support/MemoryBuffer.h>

#include <memory>
#include <string>

namespace graft::driver {

struct SourceText {
  std::string name;  ///< as the caller gave it: what messages call it
  Language language; ///< never kFromName
  std::unique_ptr<llvm::MemoryBuffer> buffer;
};

/// Fails: kNotFound for a file that cannot be read, with the system's reason; kInvalid for a name whose language is unknown.
Result<SourceText> read_source(const Source &source, const std::string &working_directory);

} // namespace graft::driver
