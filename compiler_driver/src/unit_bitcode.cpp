// LLVM bitcode and IR text: read, verify, make it position-independent, give it thunks, and send it through the same back
// end. The reader is not hardened against hostile input; whoever takes bitcode from strangers runs this in a worker process.
#include "back_end.hpp"
#include "content_key.hpp"
#include "diagnostics.hpp"
#include "providers.hpp"
#include "stack_checks.hpp"
#include "stopwatch.hpp"
#include "unit.hpp"
#include "virtual_headers.hpp"

#include <clang/Basic/TargetInfo.h>
#include <clang/Frontend/CompilerInstance.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/IRReader/IRReader.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>

namespace graft::driver {
namespace {

Diagnostic refusal(const std::string &file, std::string sentence) {
  Diagnostic diagnostic;
  diagnostic.where.file = file;
  diagnostic.message = std::move(sentence);
  return diagnostic;
}

bool is_bitcode(llvm::StringRef text) { return llvm::isBitcode(text.bytes_begin(), text.bytes_end()); }

/// The reader's words, behind what they mean for the one who handed the file in.
Diagnostic explain(const llvm::SMDiagnostic &message, const SourceText &text) {
  Diagnostic diagnostic = from_reader(message, text.name);
  const llvm::StringRef said(diagnostic.message);
  const bool other_version = said.contains("Incompatible epoch") ||
                             (said.contains("Producer:") && !said.contains("Producer: 'LLVM" LLVM_VERSION_STRING "'"));
  const char *what = !is_bitcode(text.buffer->getBuffer()) ? "not valid LLVM IR"
                     : other_version ? "bitcode of an LLVM that is not " LLVM_VERSION_STRING
                                     : "truncated or damaged bitcode (LLVM " LLVM_VERSION_STRING " reads it)";
  diagnostic.message = std::string(what) + ": " + diagnostic.message;
  return diagnostic;
}

std::unique_ptr<llvm::Module> read_module(const SourceText &text, llvm::LLVMContext &context,
                                          DiagnosticCollector &collector) {
  llvm::SMDiagnostic message;
  std::unique_ptr<llvm::Module> module = llvm::parseIR(text.buffer->getMemBufferRef(), message, context);
  if (!module) {
    if (!collector.failed()) collector.add(explain(message, text));
    return nullptr;
  }
  std::string broken;
  llvm::raw_string_ostream stream(broken);
  if (llvm::verifyModule(*module, &stream)) {
    std::ranges::replace(broken, '\n', ' ');
    collector.add(refusal(text.name, "invalid LLVM module: " + broken));
    return nullptr;
  }
  return module;
}

/// Makes the module one of ours: this machine's triple and layout, position-independent code.
bool adopt(llvm::Module &module, const clang::CompilerInstance &compiler, const std::string &file,
           DiagnosticCollector &collector) {
  const llvm::Triple target(compiler.getTargetOpts().Triple);
  const llvm::Triple &built_for = module.getTargetTriple();
  if (built_for.getArch() != llvm::Triple::UnknownArch &&
      (built_for.getArch() != target.getArch() || !built_for.isOSLinux())) {
    collector.add(refusal(file, "bitcode for '" + built_for.str() + "', this process is '" + target.str() + "'"));
    return false;
  }
  module.setTargetTriple(target);
  module.setDataLayout(compiler.getTarget().getDataLayoutString());
  if (module.getPICLevel() == llvm::PICLevel::NotPIC) module.setPICLevel(llvm::PICLevel::BigPIC);
  // What was compiled for an executable takes undefined symbols to be within it.
  for (llvm::GlobalValue &value : module.global_values())
    if (value.isDeclaration() && !value.hasLocalLinkage()) value.setDSOLocal(false);
  return true;
}

void find_entry_points(const llvm::Module &module, Facts &facts) {
  const auto defines = [&](llvm::StringRef name) {
    const llvm::Function *function = module.getFunction(name);
    return function && !function->isDeclaration();
  };
  facts.defines_init = defines("graft_init");
  facts.defines_stop = defines("graft_stop");
  facts.defines_main = defines("main");
}

/// Clang's own bitcode carries the mark and nothing of the type, without which a value cannot be carried over.
void warn_of_marks(const llvm::Module &module, clang::DiagnosticsEngine &engine) {
  const llvm::GlobalVariable *marks = module.getNamedGlobal("llvm.global.annotations");
  if (marks == nullptr || !marks->hasInitializer()) return;
  for (const llvm::Use &use : marks->getInitializer()->operands()) {
    const auto *mark = llvm::dyn_cast<llvm::ConstantStruct>(use);
    if (mark == nullptr || mark->getNumOperands() < 2) continue;
    const auto *variable = llvm::dyn_cast<llvm::GlobalVariable>(mark->getOperand(0)->stripPointerCasts());
    const auto *word = llvm::dyn_cast<llvm::GlobalVariable>(mark->getOperand(1)->stripPointerCasts());
    const auto *text = word != nullptr && word->hasInitializer()
                           ? llvm::dyn_cast<llvm::ConstantDataSequential>(word->getInitializer())
                           : nullptr;
    if (variable == nullptr || text == nullptr || !text->isCString() || text->getAsCString() != "graft.keep") continue;
    report(engine, clang::SourceLocation(),
           "GRAFT_KEEP variable '" + llvm::demangle(variable->getName()) +
               "' is not kept, but starts anew at a reload: bitcode does not say its type; give graft the source",
           clang::DiagnosticsEngine::Warning);
  }
}

/// The first instruction with a debug location that uses each undefined symbol.
llvm::StringMap<SourcePos> places_of_uses(const llvm::Module &module) {
  llvm::StringMap<SourcePos> places;
  for (const llvm::Function &function : module)
    for (const llvm::Instruction &instruction : llvm::instructions(function)) {
      const llvm::DILocation *location = instruction.getDebugLoc().get();
      if (location == nullptr) continue;
      for (const llvm::Value *operand : instruction.operand_values())
        if (const auto *value = llvm::dyn_cast<llvm::GlobalValue>(operand->stripPointerCasts());
            value && value->isDeclaration())
          places.try_emplace(value->getName(),
                             SourcePos{location->getFilename().str(), location->getLine(), location->getColumn()});
    }
  return places;
}

void compile(clang::CompilerInstance &compiler, const UnitRequest &request, DiagnosticCollector &collector, Unit &unit) {
  llvm::LLVMContext context;
  collect_back_end_diagnostics(context, compiler.getDiagnostics());
  const std::unique_ptr<llvm::Module> module = read_module(request.text, context, collector);
  if (!module || !adopt(*module, compiler, unit.source, collector)) return;
  find_entry_points(*module, unit.facts);
  warn_of_marks(*module, compiler.getDiagnostics());
  want_stack_checks(*module, compiler.getCodeGenOpts());
  mark_stack_users(*module, compiler.getLangOpts());
  if (const std::string wrong = add_thunks(*module, unit); !wrong.empty())
    return report(compiler.getDiagnostics(), clang::SourceLocation(), wrong);
  if (request.product == Product::kFacts) return;
  const llvm::StringMap<SourcePos> places = places_of_uses(*module);
  run_back_end(compiler, *module, request, unit);
  for (Import &import : unit.undefined)
    if (const auto place = places.find(import.symbol); place != places.end()) import.where = place->second;
}

} // namespace

Unit compile_bitcode(const UnitRequest &request) {
  Unit unit;
  unit.source = request.text.name;
  KeyBuilder key;
  key.add(request.text.name);
  key.add(request.text.buffer->getBuffer());
  unit.text_key = key.finish();

  DiagnosticCollector collector;
  {
    const Stopwatch watch(unit.times.front_end_ns);
    clang::CompilerInstance compiler(std::make_shared<clang::CompilerInvocation>(request.prepared.invocation()));
    compiler.setVerboseOutputStream(std::make_unique<llvm::raw_null_ostream>());
    compiler.setVirtualFileSystem(compile_file_system());
    compiler.createDiagnostics(&collector, /*ShouldOwnClient=*/false);
    if (compiler.createTarget()) compile(compiler, request, collector, unit);
  }
  unit.times.front_end_ns -= std::min(unit.times.front_end_ns, unit.times.optimise_ns + unit.times.emit_ns);
  unit.failed = collector.failed();
  unit.diagnostics = collector.take();
  return unit;
}

} // namespace graft::driver
