// One member of what is fused (graft/driver/fuse.hpp): its module as it leaves the compile of its second image, and on its
// way into the whole.
//
// * F1: A fused image goes when its chain does, and its members stay. So nothing of it may be held by them or by the host:
//       constants are the second image's, named there so that they can be found; state and addresses are the first's
//       already (images.hpp).
// * F2: What is reached only through assembly or is each thread's cannot be told apart for certain, and refuses the member.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace llvm {
class Function;
class Module;
} // namespace llvm

namespace graft::driver {

/// Gives each constant of a second image a name that the linker remembers (F1). Behind SecondImage, before it is emitted.
void name_constants(llvm::Module &module, std::string_view source);
/// Appends the module as bitcode, in which the entries of its providers' tables have names of their own (`entry_name`).
void keep_member(llvm::Module &module, std::vector<char> &out);

/// Makes a module that consists of `entry` and what that calls, with all names those of member `index`; the entry is
/// `function`. Returns what refuses it, or nothing.
std::string make_member(llvm::Module &module, std::size_t index, const std::string &entry, const std::string &function);
/// Whether a function ends soon, whatever it is called with: no loop, no call.
bool is_brief(const llvm::Function &function);

} // namespace graft::driver
