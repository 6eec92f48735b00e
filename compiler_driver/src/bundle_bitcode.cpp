// The bitcode of a whole bundle: each file's module as it was before optimisation, linked into one.
#include "bundle.hpp"
#include "llvm_error.hpp"

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/Bitcode/BitcodeWriter.h>
#include <llvm/IR/DiagnosticHandler.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Linker/Linker.h>
#include <llvm/Support/raw_ostream.h>

namespace graft::driver {
namespace {

/// Keeps the linker's sentences instead of printing them.
class Listener : public llvm::DiagnosticHandler {
 public:
  explicit Listener(std::string &said) : said_(said) {}
  bool handleDiagnostics(const llvm::DiagnosticInfo &info) override {
    llvm::raw_string_ostream stream(said_);
    llvm::DiagnosticPrinterRawOStream printer(stream);
    info.print(printer);
    return true;
  }

 private:
  std::string &said_;
};

} // namespace

Result<std::vector<char>> link_bitcode(const std::vector<Unit> &units) {
  std::string said;
  llvm::LLVMContext context;
  context.setDiagnosticHandler(std::make_unique<Listener>(said));
  llvm::Module bundle("bundle", context);
  llvm::Linker linker(bundle);
  for (const Unit &unit : units) {
    const llvm::MemoryBufferRef bytes({unit.bitcode.data(), unit.bitcode.size()}, unit.source);
    llvm::Expected<std::unique_ptr<llvm::Module>> module = llvm::parseBitcodeFile(bytes, context);
    if (!module)
      return from_llvm(Code::kInternal, "cannot read the bitcode of '" + unit.source + "' back", module.takeError());
    if (linker.linkInModule(std::move(*module)))
      return error(Code::kInvalid, "cannot link the bitcode of '" + unit.source + "': " + said);
  }
  llvm::SmallVector<char, 0> bytes;
  llvm::BitcodeWriter writer(bytes);
  writer.writeModule(bundle);
  writer.writeSymtab();
  writer.writeStrtab();
  return std::vector<char>(bytes.begin(), bytes.end());
}

} // namespace graft::driver
