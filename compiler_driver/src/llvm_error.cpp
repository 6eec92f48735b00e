// See llvm_error.hpp.
#include "llvm_error.hpp"

namespace graft::driver {

Error from_llvm(Code code, const std::string &what, llvm::Error failure) {
  return error(code, what + ": " + llvm::toString(std::move(failure)));
}

} // namespace graft::driver
