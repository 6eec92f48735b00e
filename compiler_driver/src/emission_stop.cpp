// See emission_stop.hpp. LLVM offers every target's pipeline to a callback while it is built; that is the only seam which
// Clang's own emission has. The registry belongs to the process: on threads outside of a scope the callback does nothing.
#include "emission_stop.hpp"

#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Instructions.h>
#include <llvm/Pass.h>
#include <llvm/Target/RegisterTargetPassConfigCallback.h>

namespace graft::driver {

static thread_local const EmissionStop *innermost = nullptr;

class EmptyUnwanted : public llvm::FunctionPass {
 public:
  EmptyUnwanted() : FunctionPass(kId) {}

  llvm::StringRef getPassName() const override { return "Empty what nobody waits for"; }

  bool runOnFunction(llvm::Function &function) override {
    if (!is_unwanted()) return false;
    function.dropAllReferences();
    new llvm::UnreachableInst(function.getContext(), llvm::BasicBlock::Create(function.getContext(), "", &function));
    return true;
  }

 private:
  static bool is_unwanted() {
    const std::atomic<bool> *cancelled = innermost == nullptr ? nullptr : innermost->cancelled_;
    return cancelled != nullptr && cancelled->load(std::memory_order_relaxed); // it orders nothing: the answer is asked again
  }

  static inline char kId = 0;
};

/// Into the pipeline of one function, before all that is dear: the lowering for garbage collectors is there once, at every
/// level of optimisation.
static void place(llvm::TargetPassConfig &pipeline) {
  pipeline.insertPass(&llvm::GCLoweringID, llvm::IdentifyingPassPtr(new EmptyUnwanted));
}

EmissionStop::EmissionStop(const std::atomic<bool> *cancelled) : outer_(innermost), cancelled_(cancelled) {
  static const llvm::RegisterTargetPassConfigCallback registered(
      [](llvm::TargetMachine &, llvm::PassManagerBase &, llvm::TargetPassConfig *pipeline) {
        if (innermost != nullptr && pipeline != nullptr) place(*pipeline);
      });
  innermost = this;
}

EmissionStop::~EmissionStop() { innermost = outer_; }

} // namespace graft::driver
