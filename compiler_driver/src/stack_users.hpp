// Which functions of a module may run out of stack: those from which no end of the calls can be seen.
#pragma once

#include <llvm/ADT/DenseMap.h>

#include <cstdint>

namespace llvm {
class CallBase;
class Function;
class Module;
class TargetLibraryInfo;
} // namespace llvm

namespace graft::driver {

/// What is left when the functions are taken away that end for certain: that call, through as many levels as there are,
/// nothing but such functions, intrinsics, and functions of the C and C++ libraries that call nobody back, and take little
/// of the stack while they do. A function that may call itself, that calls through a pointer, or that calls what is defined
/// elsewhere, stays.
class StackUsers {
 public:
  explicit StackUsers(llvm::Module &module);

  bool contains(const llvm::Function &function) const { return !quiet_.contains(&function); }
  /// Whether this call may be one of a chain without end.
  bool may_not_end(const llvm::CallBase &call) const;

 private:
  llvm::DenseMap<const llvm::Function *, std::uint64_t> quiet_; ///< that end for certain, with the stack they take
};

/// The bytes of a function's variables, as far as they are known.
std::uint64_t frame_bytes(const llvm::Function &function);

} // namespace graft::driver
