// Re-binding: an older plugin's source, compiled against a newer contract header than the one that it brings. What a loader
// of machine code must refuse, a runtime that owns the source can often simply do; where it cannot, it says which line no
// longer fits.
//
//     graft::rebind("plugins/greeter", {"include/greeter.h"})       looks, and runs nothing
//     runtime->load("plugins/greeter", {.contracts = {"include/greeter.h"}})       does it, now and at each reload
#pragma once

#include <graft/base/artifact.hpp>
#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace graft {

/// What became of one contract.
struct ReboundContract {
  std::string name;
  std::string before; ///< "1.0": the version that the source was written against
  std::string after;
  SourcePos old_place; ///< of both declarations
  SourcePos new_place;
  std::vector<std::string> added;        ///< functions that only the new header declares
  std::vector<std::string> dropped;      ///< functions that only the old one declares
  std::vector<std::string> not_provided; ///< functions of the new header that the source leaves empty
  std::string difference; ///< the first thing that means something else now; empty when the old is a part of the new
};

struct Rebinding {
  std::string bundle;
  std::vector<ReboundContract> contracts;
  std::vector<std::string> replaced; ///< files of the bundle that the new headers stand in for
  Artifact artifact;                 ///< compiled, verified, not linked
};

struct RebindOptions {
  std::vector<std::string> include_dirs{};
  std::vector<std::string> flags{}; ///< after the manifest's own
};

/// Compiles the bundle at `path` with each of `headers` in the place of the header of its own that declares the same
/// contract, or, for one of no contract, has the same file name. Nothing of it runs. kNotFound when a header stands in for
/// none; kIncompatible when the bundle's header of that name declares another contract; kInvalid or kIncompatible when the
/// source no longer fits: with the compiler's diagnostics at its lines, and the old and new declaration of everything in the
/// contracts that changed.
GRAFT_API Result<Rebinding> rebind(const std::filesystem::path &path, const std::vector<std::filesystem::path> &headers,
                                   const RebindOptions &options = {});

/// The same, and then writes the bundle as it now is to `folder`, which must be new or empty: its files, the new headers in
/// the place of the old, the versions in its manifest.
GRAFT_API Result<Rebinding> rebind_into(const std::filesystem::path &folder, const std::filesystem::path &path,
                                        const std::vector<std::filesystem::path> &headers,
                                        const RebindOptions &options = {});

} // namespace graft
