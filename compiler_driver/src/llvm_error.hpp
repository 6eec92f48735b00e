// The one bridge from llvm::Error to graft::Error in this folder.
#pragma once

#include <graft/base/error.hpp>

#include <llvm/Support/Error.h>

#include <string>

namespace graft::driver {

/// Consumes `failure`; its sentences, joined, stand behind `what`.
Error from_llvm(Code code, const std::string &what, llvm::Error failure);

} // namespace graft::driver
