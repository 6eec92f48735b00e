// Modules as bytes, and several of them as one.
#pragma once

#include <graft/base/result.hpp>

#include <memory>
#include <string>
#include <vector>

namespace llvm {
class LLVMContext;
class Module;
} // namespace llvm

namespace graft::driver {

void write_bitcode(const llvm::Module &module, std::vector<char> &out);

/// Modules of one context that become one.
///
/// Owns: the whole. Borrows the context, whose diagnostics it hears.
class BitcodeLinker {
 public:
  BitcodeLinker(llvm::LLVMContext &context, const std::string &name);
  ~BitcodeLinker();

  /// What `bytes` were written from; `name` is for messages.
  Result<std::unique_ptr<llvm::Module>> read(const std::vector<char> &bytes, const std::string &name);
  /// kInvalid with the linker's sentence.
  Result<void> add(std::unique_ptr<llvm::Module> module, const std::string &name);
  llvm::Module &whole() { return *whole_; }

 private:
  llvm::LLVMContext &context_;
  std::unique_ptr<llvm::Module> whole_;
  std::string said_;
};

} // namespace graft::driver
