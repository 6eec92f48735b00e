// From accepted declarations to objects: what runs now, and what that needs of earlier inputs.
#pragma once

#include "modules.hpp"
#include "recorder.hpp"
#include "waiting.hpp"

#include <graft/driver/incremental.hpp>

#include <llvm/IR/LLVMContext.h>

#include <optional>
#include <set>
#include <string>

namespace clang {
class CompilerInstance;
}

namespace graft::driver {

class WarmBackEnd;

/// The code of a session. What it is made with is borrowed, and outlives it.
class Lowering {
 public:
  Lowering(clang::CompilerInstance &compiler, WarmBackEnd &back_end, llvm::LLVMContext &context, Recorder &recorder);

  /// Generates what the recorder has of the input that was accepted last.
  void lower(Increment &increment);
  /// What `lower` gave could not be linked. Behind this the recorder forgets the input.
  void take_back(Increment &increment);
  bool defines(const std::string &symbol) const { return modules_.defines(symbol) || waiting_.defines(symbol); }
  /// What of each input is kept as text.
  void keep(std::optional<Text> as) { keep_ = as; }
  const std::string &kept() const { return kept_; }

 private:
  std::unique_ptr<llvm::Module> generate();
  void keep_text(llvm::Module &module);
  void emit(llvm::Module &module, std::vector<char> &out);

  clang::CompilerInstance &compiler_;
  WarmBackEnd &back_end_;
  llvm::LLVMContext &context_;
  Recorder &recorder_;
  WaitingDefinitions waiting_;
  InputModules modules_;
  std::set<const clang::Decl *> called_; ///< for the last input: what waited until then
  unsigned generated_ = 0;
  std::optional<Text> keep_;
  std::string kept_;
};

} // namespace graft::driver
