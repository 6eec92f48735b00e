// What makes a module the first or the second image of a generation (decision 0017).
//
// The first is compiled as ever; its functions begin with a jump's worth of nothing. The second is made of the same text,
// and defines code and constants only:
//
// * M1: Every object that may change - statics, guards, thread-locals - is a declaration before anything is optimised, named
//   as the first image's (graft/base/first_image.hpp). So nothing is assumed of its value, and there is one of it.
// * M2: Where a function or constant is more than called or read - stored, compared, passed on - its address is the first
//   image's. Only what nobody but calls sees through, virtual functions' tables, names the second's.
// * M3: A function that somebody holds the address of keeps its signature, so that the first image's can be led to it.
// * M4: What cannot be told apart for certain refuses the image, with a reason.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace llvm {
class Constant;
class FunctionType;
class GlobalValue;
class Module;
} // namespace llvm

namespace graft::driver {

/// Lets each function begin with `kFirstEntry`. Before anything is optimised.
void open_entries(llvm::Module &module);

/// Puts large variables where both images may count on their lying well: at the first image's -O0 nobody else would. Before
/// anything is optimised, in both.
void align_variables(llvm::Module &module);

/// Whether a constant has an address of a label in it.
bool holds_labels(const llvm::Constant &constant);

/// The way of one module to being a second image. All functions return what refuses it, or nothing.
class SecondImage {
 public:
  /// `source`: as the artifact calls the file that both images are made from.
  SecondImage(llvm::Module &module, std::string_view source);

  /// M1, M3. Before anything is optimised.
  std::string leave_state_behind();
  /// M2, and the names of the twins. After everything is optimised.
  std::string name_addresses();

 private:
  struct Held {
    std::string name;
    const llvm::FunctionType *type = nullptr; ///< null for a constant
  };

  /// Where the address of `own`, a function or another name of one, is seen, the first image's is.
  void show_first(llvm::GlobalValue *own);

  llvm::Module &module_;
  const std::uint64_t file_;
  std::vector<Held> functions_; ///< with a twin
  std::vector<std::string> constants_;
};

} // namespace graft::driver
