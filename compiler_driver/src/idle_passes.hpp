// Without optimisation most small files give Clang's passes nothing to do, and making them takes a tenth of a save: a target
// machine, the analyses, the pipeline. What they do there (PassBuilder::buildO0DefaultPipeline) is to inline what must be, to
// split coroutines, and to put in what instrumentation asks for.
#pragma once

namespace clang {
class CompilerInstance;
}
namespace llvm {
class Module;
}

namespace graft::driver {

/// Whether Clang's passes would leave `module` as it is. False when in doubt.
bool would_idle(const clang::CompilerInstance &compiler, const llvm::Module &module);

} // namespace graft::driver
