// The one place where LLVM's errors become ours.
#pragma once

#include <graft/base/error.hpp>

#include <llvm/Support/Error.h>

#include <string>

namespace graft::jit {

/// What `failure` says, as a sentence about `subject` (a bundle or a file) with what to do about it. Consumes it.
Error to_error(llvm::Error failure, const std::string &subject);

/// An llvm::Error that carries ours through LLVM's layers; `to_error` takes it out again.
llvm::Error carry(Error failure);

} // namespace graft::jit
