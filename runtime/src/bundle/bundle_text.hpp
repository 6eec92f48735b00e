// A bundle as its author wrote it: the manifest and the sources, read in one go, so that a compile sees one moment of the
// folder.
#pragma once

#include "manifest.hpp"

#include <graft/base/result.hpp>
#include <graft/driver/compiler.hpp>
#include <graft/inspect.hpp>
#include <graft/runtime.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace graft {

class ImageMaker;

/// What a bundle is called that stands beside others of its name: "clock@2.0.0".
std::string name_beside(const Manifest &manifest);

struct BundleText {
  Manifest manifest;                   ///< made up from the file's or folder's name when there is none
  ContentKey manifest_content;         ///< of the file; zero when there is none
  std::string name;                    ///< in the runtime: the manifest's, or `name_beside`
  std::string path;                    ///< absolute; empty for a bundle from memory
  std::string directory;               ///< where relative names start; empty for a bundle from memory
  std::vector<driver::Source> sources; ///< all with contents, sorted by name
  std::vector<driver::Source> headers; ///< of a bundle from memory; those of a folder are read by the compiler
  std::vector<std::string> contracts;  ///< headers that stand in for the bundle's own (contract/rebind.hpp)
  /// Of its code; null: the runtime's own, for files that graft takes. Shared with the loaded bundle, its past versions and
  /// a host's loaders.
  std::shared_ptr<const ImageMaker> maker{};
  driver::Learn learn = driver::Learn::kNo; ///< whether it is likely to be compiled again
  driver::Stages stages = driver::Stages::kTogether;
  /// Compiled with a sanitizer: what its runtime is asked for is not held against the bundle's list of permissions.
  bool is_sanitized = false;
  std::string loader{}; ///< name of the loader whose bundle it is; empty for one of files that graft takes
};

/// The loaders that there are.
using LoaderInfos = std::vector<LoaderInfo>;

/// Reads a folder or a single source file. kNotFound for a path that is not there, kInvalid for a folder without sources, a
/// file that cannot be read (with the reason), a glob that matches nothing, or a kind of file graft does not know.
Result<BundleText> read_bundle(const std::filesystem::path &path, const LoaderInfos &loaders = {});
Result<BundleText> read_bundle(const MemoryBundle &bundle, const LoaderInfos &loaders = {});
Result<BundleText> read_bundle(const ArchiveBundle &bundle, const LoaderInfos &loaders = {});

/// The compile that the bundle asks for, of all but its machine code. `flags` come after the manifest's own.
driver::Job make_job(const BundleText &text, unsigned optimise, const std::vector<std::string> &include_dirs,
                     const std::vector<std::string> &flags = {});

} // namespace graft
