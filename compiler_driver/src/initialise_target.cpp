// See initialise_target.hpp.
#include "initialise_target.hpp"

#include <llvm/ADT/Statistic.h>
#include <llvm/Support/TargetSelect.h>

#include <mutex>

namespace graft::driver {

void initialise_target() {
  // Registers into LLVM's own tables; twice is harmless, at once is not.
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    // LLVM's register of statistics and its mutex are made when first asked for, in code that ThreadSanitizer does not see;
    // made here, `call_once` orders that before every use.
    static_cast<void>(llvm::GetStatistics());
  });
}

} // namespace graft::driver
