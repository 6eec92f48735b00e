// Where the other files of the installation are: looked for beside the command, so that the tree may be moved, then in the
// tree that it was built from.
#pragma once

#include <string>

namespace graft::tool {

/// Where `graft/abi.h` is. Empty when it is nowhere.
std::string abi_include_dir();

/// The README.md from which all other pages are linked. Empty when it is nowhere.
std::string first_page();

/// A header that the compiler took from its own memory ("/.graft/include/graft/abi.h") as the same text on disk, where
/// that is; any other path as it is.
std::string on_disk(const std::string &path);

} // namespace graft::tool
