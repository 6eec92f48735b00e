// See target_features.hpp.
#include "target_features.hpp"

#include <clang/Basic/TargetOptions.h>
#include <clang/Frontend/CompilerInstance.h>
#include <clang/Frontend/CompilerInvocation.h>
#include <llvm/ADT/StringSet.h>
#include <llvm/TargetParser/X86TargetParser.h>

namespace graft::driver {

void trim_features(clang::CompilerInvocation &invocation) {
  clang::TargetOptions &options = invocation.getTargetOpts();
  llvm::SmallVector<llvm::StringRef, 64> of_cpu;
  llvm::X86::getFeaturesForCPU(options.CPU, of_cpu);
  llvm::StringSet<> implied;
  for (const llvm::StringRef feature : of_cpu) implied.insert(feature);
  llvm::erase_if(options.FeaturesAsWritten, [&](llvm::StringRef feature) {
    const bool wanted = feature.consume_front("+");
    if (!wanted) feature.consume_front("-");
    return implied.contains(feature) == wanted;
  });
}

void use_trimmed_features(clang::CompilerInstance &compiler) {
  clang::TargetOptions &options = compiler.getTargetOpts();
  options.Features = options.FeaturesAsWritten;
}

} // namespace graft::driver
