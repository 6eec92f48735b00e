// Which global of a module mentions which.
#pragma once

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/DenseSet.h>
#include <llvm/ADT/SmallPtrSet.h>

#include <vector>

namespace llvm {
class GlobalValue;
class Module;
} // namespace llvm

namespace graft::driver {

using Globals = llvm::SmallPtrSet<const llvm::GlobalValue *, 8>;

/// As the module was when it was made.
struct References {
  llvm::DenseMap<const llvm::GlobalValue *, Globals> of;

  explicit References(const llvm::Module &module);
  /// `roots`, what they mention, and so on.
  llvm::DenseSet<const llvm::GlobalValue *> reached_from(std::vector<const llvm::GlobalValue *> roots) const;
};

} // namespace graft::driver
