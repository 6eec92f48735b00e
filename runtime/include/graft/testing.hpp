// Bundles with the tests that their authors wrote beside them (graft/test.h): what `graft test` is made of.
//
//     graft::load_with_tests(*runtime, "plugins/greeter");
//     auto tests = runtime->bind<graft_tests>();            // graft/test/record.h
//     for (uint64_t i = 0; i < tests->count(); ++i) ...
//
// Processes, time limits and reports are the command's: a test that crashes takes the process with it that it runs in.
#pragma once

#include "runtime.hpp"

#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace graft {

/// How a bundle is compiled with its tests.
struct TestBuild {
  std::vector<std::string> flags{}; ///< behind the manifest's own; not held against what a manifest may ask for
};

/// The files with tests of a bundle: `*_test.*` in its folder, or beside it where it is one file, and all sources in its
/// folder `tests`. Sorted. kNotFound, kInvalid for what is no bundle.
GRAFT_API Result<std::vector<std::filesystem::path>> test_files(const std::filesystem::path &bundle);

/// All files that a load with tests reads, headers too, wherever they are. Compiles the bundle, runs none of it, and fails
/// as that does.
GRAFT_API Result<std::vector<std::filesystem::path>> test_inputs(const std::filesystem::path &bundle,
                                                                 const std::vector<std::string> &include_dirs = {});

/// Loads a bundle with these files, GRAFT_TESTING defined and line tables; it provides `graft.tests@1`, too. Its list of
/// permissions holds for its tests, too, which are in the same image; a sanitizer's runtime is not held against it. Its code
/// is not optimised in the background. Fails as a load does; kUnsupported for a bundle without a source of its own, such as a host's loader makes.
GRAFT_API Result<BundleInfo> load_with_tests(Runtime &runtime, const std::filesystem::path &bundle,
                                             const TestBuild &how = {});

/// A line of a bundle's source.
struct CodePlace {
  std::string function; ///< as people write it
  std::string file;
  std::uint32_t line = 0; ///< 0: not known
};

/// What the code at an address of a loaded bundle was compiled from, where it has line tables: the innermost function first,
/// behind it those that it was inlined into. Empty for any other address.
GRAFT_API std::vector<CodePlace> places_of(std::uintptr_t address);

/// The bundle whose code the calling thread is in, by the call that it entered last; null when it is in none. Takes neither memory
/// nor locks: a handler of signals may ask.
GRAFT_API const char *running_bundle() noexcept;

struct CodeRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0; ///< exclusive
};

/// The lines that each range of code holds as far as the function goes that it begins in, without their functions.
GRAFT_API std::vector<std::vector<CodePlace>> lines_between(const std::vector<CodeRange> &ranges);

} // namespace graft
