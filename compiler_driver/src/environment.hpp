// What a compile needs of the machine: Clang's resource headers, the C library's, libstdc++'s. Only looks; installs nothing.
#pragma once

#include <graft/base/diagnostic.hpp>
#include <graft/base/error.hpp>

#include <optional>
#include <string>
#include <vector>

namespace graft::driver {

/// Clang's resource directory, such as `<libdir>/clang/22`: GRAFT_RESOURCE_DIR in the environment, else where it was at
/// build time, else beside the libclang-cpp that is loaded. Empty when none of them holds headers.
std::string resource_dir();

/// The directory of LLVM's programs: what Clang's driver takes as its own place.
std::string program_dir();

/// The kEnvironment error behind diagnostics that say a header was not found, when the machine is what lacks it.
std::optional<Error> missing_environment(const std::vector<Diagnostic> &diagnostics);

} // namespace graft::driver
