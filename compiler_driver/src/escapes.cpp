// See escapes.hpp. Clang's code at -O0 keeps every pointer in a slot on the stack: slots are followed, too, if nothing else
// is ever put into them.
#include "escapes.hpp"

#include <llvm/ADT/DenseSet.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/GlobalVariable.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Operator.h>

namespace graft::driver {
namespace {

/// Everything that points into the constant, and nothing else.
class Pointers {
 public:
  bool escape(const llvm::GlobalVariable &constant) {
    add(&constant);
    while (!to_do_.empty()) {
      const llvm::Value *pointer = to_do_.pop_back_val();
      for (const llvm::Use &use : pointer->uses())
        if (!follow(use)) return true;
    }
    return !slots_hold_nothing_else() || !merged_with_nothing_else() || !compared_with_each_other();
  }

 private:
  void add(const llvm::Value *pointer) {
    if (known_.insert(pointer).second) to_do_.push_back(pointer);
  }

  /// False: from there on it cannot be followed.
  bool follow(const llvm::Use &use) {
    const llvm::User *user = use.getUser();
    if (initialises(user)) return true;
    if (llvm::isa<llvm::GEPOperator>(user)) return add(user), true;
    if (llvm::isa<llvm::PHINode, llvm::SelectInst>(user)) return merges_.push_back(user), add(user), true;
    if (llvm::isa<llvm::LoadInst>(user)) return true;
    if (const auto *store = llvm::dyn_cast<llvm::StoreInst>(user))
      return use.getOperandNo() == 0 && follow_into(store->getPointerOperand());
    if (const auto *comparison = llvm::dyn_cast<llvm::ICmpInst>(user)) return comparisons_.push_back(comparison), true;
    if (llvm::isa<llvm::MemTransferInst>(user)) return use.getOperandNo() == 1;
    const auto *call = llvm::dyn_cast<llvm::CallBase>(user);
    return call != nullptr && follow_into(*call, use);
  }

  /// A constant that has its value already, and whose initialiser did nothing else (settled_constants.hpp).
  static bool initialises(const llvm::User *user) {
    const auto *instruction = llvm::dyn_cast<llvm::Instruction>(user);
    return instruction != nullptr && instruction->getFunction()->getName().starts_with("__cxx_global_var_init");
  }

  bool follow_into(const llvm::Value *place) {
    const auto *slot = llvm::dyn_cast<llvm::AllocaInst>(place);
    if (slot == nullptr || !slot->getAllocatedType()->isPointerTy()) return false;
    if (!slots_.insert(slot).second) return true;
    for (const llvm::User *user : slot->users()) {
      const auto *store = llvm::dyn_cast<llvm::StoreInst>(user);
      if (llvm::isa<llvm::LoadInst>(user))
        add(user);
      else if (store == nullptr || store->getPointerOperand() != slot)
        return false;
    }
    return true;
  }

  bool follow_into(const llvm::CallBase &call, const llvm::Use &use) {
    const llvm::Function *callee = call.getCalledFunction();
    if (callee == nullptr || callee->isDeclaration() || !call.isArgOperand(&use)) return false;
    const unsigned number = call.getArgOperandNo(&use);
    if (number >= callee->arg_size()) return false;
    return add(callee->getArg(number)), true;
  }

  bool is_known(const llvm::Value *value) const {
    return known_.contains(value) || llvm::isa<llvm::ConstantPointerNull>(value);
  }

  bool slots_hold_nothing_else() const {
    return llvm::all_of(slots_, [&](const llvm::AllocaInst *slot) {
      return llvm::all_of(slot->users(), [&](const llvm::User *user) {
        const auto *store = llvm::dyn_cast<llvm::StoreInst>(user);
        return store == nullptr || is_known(store->getValueOperand());
      });
    });
  }

  bool merged_with_nothing_else() const {
    return llvm::all_of(merges_, [&](const llvm::User *one) {
      return llvm::all_of(one->operands(),
                          [&](const llvm::Use &operand) { return !operand->getType()->isPointerTy() || is_known(operand); });
    });
  }

  /// What a function is passed may be another's pointer at another call.
  bool compared_with_each_other() const {
    return llvm::all_of(comparisons_, [&](const llvm::ICmpInst *one) {
      const llvm::Value *left = one->getOperand(0), *right = one->getOperand(1);
      if (llvm::isa<llvm::ConstantPointerNull>(left) || llvm::isa<llvm::ConstantPointerNull>(right)) return true;
      const bool is_passed = llvm::any_of(one->getFunction()->args(), [&](const auto &given) { return is_known(&given); });
      return !is_passed && is_known(left) && is_known(right);
    });
  }

  llvm::DenseSet<const llvm::Value *> known_;
  llvm::SmallVector<const llvm::Value *, 16> to_do_;
  llvm::SmallPtrSet<const llvm::AllocaInst *, 8> slots_;
  llvm::SmallVector<const llvm::User *, 4> merges_;
  llvm::SmallVector<const llvm::ICmpInst *, 4> comparisons_;
};

} // namespace

bool address_escapes(const llvm::GlobalVariable &constant) { return Pointers().escape(constant); }

} // namespace graft::driver
