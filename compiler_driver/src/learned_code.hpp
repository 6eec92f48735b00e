// Of a module, the functions that several bundles may share: those that neither own nor reach anything that changes.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace llvm {
class Module;
}

namespace graft::driver {

/// Cuts `module` down to those of `wanted` that may be shared and to what they need. What is left is visible, and returned
/// by symbol, sorted.
///
/// A function may be shared if everything that it reaches is code of the module, constants whose address means nothing, or a
/// symbol of this process that is the same for all images. `equals` are names by which others know some of them: the
/// complete constructor, where Clang emits the base one alone and has its own calls go there.
std::vector<std::string> keep_shareable(llvm::Module &module, const std::set<std::string> &wanted,
                                        const std::map<std::string, std::string> &equals);

} // namespace graft::driver
