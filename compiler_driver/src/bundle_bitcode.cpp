// The bitcode of a whole bundle: each file's module as it was before optimisation, or, of a second image, as it was emitted,
// linked into one.
#include "bitcode.hpp"
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

#include <utility>

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

void write_bitcode(const llvm::Module &module, std::vector<char> &out) {
  llvm::SmallVector<char, 0> bytes;
  llvm::BitcodeWriter writer(bytes);
  writer.writeModule(module);
  writer.writeSymtab();
  writer.writeStrtab();
  out.insert(out.end(), bytes.begin(), bytes.end());
}

BitcodeLinker::BitcodeLinker(llvm::LLVMContext &context, const std::string &name)
    : context_(context), whole_(std::make_unique<llvm::Module>(name, context)) {
  context_.setDiagnosticHandler(std::make_unique<Listener>(said_));
}

BitcodeLinker::~BitcodeLinker() { context_.setDiagnosticHandler(nullptr); }

Result<std::unique_ptr<llvm::Module>> BitcodeLinker::read(const std::vector<char> &bytes, const std::string &name) {
  llvm::Expected<std::unique_ptr<llvm::Module>> module =
      llvm::parseBitcodeFile(llvm::MemoryBufferRef({bytes.data(), bytes.size()}, name), context_);
  if (!module) return from_llvm(Code::kInternal, "cannot read the bitcode of '" + name + "' back", module.takeError());
  return std::move(*module);
}

Result<void> BitcodeLinker::add(std::unique_ptr<llvm::Module> module, const std::string &name) {
  if (llvm::Linker(*whole_).linkInModule(std::move(module)))
    return error(Code::kInvalid, "cannot link the bitcode of '" + name + "': " + std::exchange(said_, {}));
  return {};
}

Result<std::vector<char>> link_bitcode(const std::vector<Unit> &units) {
  llvm::LLVMContext context;
  BitcodeLinker bundle(context, "bundle");
  for (const Unit &unit : units) {
    GRAFT_TRY_ASSIGN(std::unique_ptr<llvm::Module> module, bundle.read(unit.bitcode, unit.source));
    GRAFT_TRY(bundle.add(std::move(module), unit.source));
  }
  std::vector<char> bytes;
  write_bitcode(bundle.whole(), bytes);
  return bytes;
}

} // namespace graft::driver
