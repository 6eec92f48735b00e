// Functions that end the process when an exception would leave them: `noexcept` ones whose bodies may throw. The runtime
// names the place when that happens, which nobody can ask the process for afterwards.
#pragma once

#include <graft/base/facts.hpp>

#include <vector>

namespace clang {
class CodeGenerator;
class SourceManager;
} // namespace clang
namespace llvm {
class Module;
} // namespace llvm

namespace graft::driver {

/// Those of the author's own files. `module` is what `generator` makes.
std::vector<NoexceptFacts> find_noexcepts(clang::CodeGenerator &generator, const llvm::Module &module,
                                          const clang::SourceManager &sources);

} // namespace graft::driver
