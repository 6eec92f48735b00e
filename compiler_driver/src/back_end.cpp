// See back_end.hpp. Optimising and emitting are two runs, so that each can be timed.
#include "back_end.hpp"

#include "assembly_inputs.hpp"
#include "bitcode.hpp"
#include "diagnostics.hpp"
#include "emission_stop.hpp"
#include "fused_member.hpp"
#include "idle_passes.hpp"
#include "ifuncs.hpp"
#include "images.hpp"
#include "literals.hpp"
#include "stack_checks.hpp"
#include "stopwatch.hpp"
#include "symbols.hpp"
#include "warm_back_end.hpp"

#include <clang/Basic/TargetInfo.h>
#include <clang/CodeGen/BackendUtil.h>
#include <clang/Frontend/CompilerInstance.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Module.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/raw_ostream.h>

namespace graft::driver {
namespace {

/// An output stream into a vector<char>.
class CharStream : public llvm::raw_pwrite_stream {
 public:
  explicit CharStream(std::vector<char> &out) : raw_pwrite_stream(/*Unbuffered=*/true), out_(out) {}

 private:
  void write_impl(const char *data, size_t size) override { out_.insert(out_.end(), data, data + size); }
  void pwrite_impl(const char *data, size_t size, std::uint64_t offset) override {
    std::copy(data, data + size, out_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  std::uint64_t current_pos() const override { return out_.size(); }

  std::vector<char> &out_;
};

clang::BackendAction action_of(Product product) {
  switch (product) {
  case Product::kIr:
    return clang::Backend_EmitLL;
  case Product::kAssembly:
    return clang::Backend_EmitAssembly;
  case Product::kObject:
  case Product::kFacts:
    break;
  }
  return clang::Backend_EmitObj;
}

void run(clang::CompilerInstance &compiler, llvm::Module &module, clang::BackendAction action, std::vector<char> &out) {
  clang::emitBackendOutput(compiler, compiler.getCodeGenOpts(), compiler.getTarget().getDataLayoutString(), &module, action,
                           compiler.getVirtualFileSystemPtr(), std::make_unique<CharStream>(out));
}

/// Running passes end at once when the compile is cancelled.
void stop_when_cancelled(clang::CodeGenOptions &options, const UnitRequest &request) {
  if (request.cancelled == nullptr) return;
  options.PassBuilderCallbacks.push_back([&request](llvm::PassBuilder &builder) {
    builder.getPassInstrumentationCallbacks()->registerShouldRunOptionalPassCallback(
        [&request](llvm::StringRef, llvm::Any) { return !request.is_cancelled(); });
  });
}

/// gdb believes the table of lines where a prologue ends only of a producer whose name begins as Clang's does. Of another
/// one, such as "Debian clang version", it reads the instructions, and knows none that begin with room for a jump.
void name_producer(llvm::Module &module) {
  constexpr unsigned kProducer = 1; // the operand that DICompileUnit::getProducer reads
  for (llvm::DICompileUnit *unit : module.debug_compile_units()) {
    const llvm::StringRef producer = unit->getProducer();
    if (const std::size_t at = producer.find("clang version"); at != producer.npos && at != 0)
      unit->replaceOperandWith(kProducer, llvm::MDString::get(module.getContext(), producer.substr(at)));
  }
}

} // namespace

void emit_object(clang::CompilerInstance &compiler, llvm::Module &module, std::vector<char> &out) {
  lower_ifuncs(module);
  mark_stack_users(module, compiler.getLangOpts());
  clang::CodeGenOptions &options = compiler.getCodeGenOpts();
  const auto ran_before = options.DisableLLVMPasses;
  const std::size_t callbacks = options.PassBuilderCallbacks.size();
  keep_throwing(options);
  run(compiler, module, clang::Backend_EmitNothing, out);
  options.PassBuilderCallbacks.resize(callbacks);
  if (compiler.getDiagnostics().hasErrorOccurred()) return;
  options.DisableLLVMPasses = true;
  add_stack_checks(module);
  run(compiler, module, clang::Backend_EmitObj, out);
  options.DisableLLVMPasses = ran_before;
}

void run_back_end(clang::CompilerInstance &compiler, llvm::Module &module, const UnitRequest &request, Unit &unit) {
  const auto refuses = [&](const std::string &reason) {
    if (!reason.empty()) report(compiler.getDiagnostics(), clang::SourceLocation(), "no second image of it: " + reason);
    return !reason.empty();
  };
  lower_ifuncs(module);
  if (request.role != Role::kOnly) {
    align_variables(module);
    name_literals(module);
  }
  SecondImage second(module, unit.source);
  const bool is_second = request.role == Role::kSecond;
  if (is_second && refuses(second.leave_state_behind())) return;
  if (request.role == Role::kFirst) {
    open_entries(module);
    name_producer(module);
  }
  if (unit.trace.unrepeatable.empty()) unit.trace.unrepeatable = unrepeatable_assembly(module);
  if (request.bitcode == Bitcode::kKeep && !is_second) write_bitcode(module, unit.bitcode);

  clang::CodeGenOptions &options = compiler.getCodeGenOpts();
  const bool is_warm = request.product == Product::kObject && WarmBackEnd::suits(compiler);
  if (!is_warm || !would_idle(compiler, module)) {
    const Stopwatch watch(unit.times.optimise_ns);
    stop_when_cancelled(options, request);
    keep_throwing(options);
    run(compiler, module, clang::Backend_EmitNothing, unit.output);
  }
  options.DisableLLVMPasses = true;
  drop_needless_questions(module);
  if (request.is_cancelled() || compiler.getDiagnostics().hasErrorOccurred()) return;
  if (is_second && refuses(second.name_addresses())) return;
  if (is_second && request.bitcode == Bitcode::kKeep) {
    name_constants(module, unit.source);
    keep_member(module, unit.bitcode);
  }
  add_stack_checks(module);
  {
    const Stopwatch watch(unit.times.emit_ns);
    const EmissionStop stop(request.cancelled);
    unit.output.reserve(16 * 1024);
    if (!is_warm || !request.prepared.back_end->emit(compiler, module, unit.output))
      run(compiler, module, action_of(request.product), unit.output);
    unit.output.shrink_to_fit(); // it may be kept for as long as the bundle lives
  }
  if (request.product == Product::kObject && !compiler.getDiagnostics().hasErrorOccurred()) read_symbols(unit);
}

} // namespace graft::driver
