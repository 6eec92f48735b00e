// Which files of a folder are a bundle's sources, and reading them: globs, what editors leave behind, and errors as
// sentences.
#pragma once

#include <graft/base/result.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// Whether the ending is one that graft compiles: .c .cc .cpp .cxx .c++ .C .bc .ll.
bool is_source_name(std::string_view name);

/// Whether it is that of machine code: .o .a .so. Such a file is part of a bundle only where it is named, since a build leaves them
/// beside its sources: as the bundle's one file, in `sources`, or by a glob there that ends as it does.
bool is_machine_code_name(std::string_view name);

/// All endings that graft takes, for messages.
inline constexpr const char *kKnownKinds = ".c .cc .cpp .cxx .c++ .C .bc .ll .o .a .so";

/// Whether it holds tests of a bundle: it is named `..._test.c`, or with another ending, and includes graft/test.h. No part of a load,
/// unless its manifest names it without wildcards.
bool is_test_text(std::string_view name, std::string_view text);
bool is_test_file(const std::filesystem::path &path);

/// Whether a glob that matches a file's path takes a file of its kind.
bool takes_kind(std::string_view pattern, std::string_view name);
using TakesKind = std::function<bool(std::string_view pattern, std::string_view name)>;

/// Whether it is hidden or a temporary of an editor: `.x`, `x~`, `#x#`, `x.swp`.
bool is_litter(std::string_view name);

/// The whole file. kNotFound when it is not there, kExhausted when the process has no descriptor for it, kInvalid with the
/// system's reason otherwise.
Result<std::string> read_file(const std::filesystem::path &path);

/// kInvalid for what is named like a text and is none - an object, a picture, UTF-16 - before the compiler shows its bytes to
/// somebody. `head` is the file's content, or its first thousands of bytes. A file named `.bc`, or like machine code, may be
/// anything.
Result<void> expect_text(const std::filesystem::path &path, std::string_view head);

/// The files directly in `folder` that are taken, without a glob, sorted by name. kInvalid when the folder cannot be read,
/// kExhausted when there is no descriptor to read it with.
Result<std::vector<std::filesystem::path>> list_sources(const std::filesystem::path &folder, const TakesKind &takes);
/// Those of a bundle without a manifest: of the kinds that graft compiles, and no tests.
Result<std::vector<std::filesystem::path>> list_sources(const std::filesystem::path &folder);

/// Whether a folder is a bundle itself: it has a manifest, or sources of its own. kExhausted when that cannot be seen now.
Result<bool> is_bundle_folder(const std::filesystem::path &folder);
/// The same, for whoever loads it next and so hears what is wrong: one that cannot be seen into counts.
bool may_be_bundle_folder(const std::filesystem::path &folder);

/// The bundles of a folder without a manifest that has sources, a host's, beside bundles that have one; sorted. Empty for any
/// other folder. kInvalid when it cannot be read.
Result<std::vector<std::filesystem::path>> bundles_beside_sources(const std::filesystem::path &folder);

/// The files under `folder` that `pattern` matches, sorted: `*`, `?` and `[...]` within a name, `**` for any depth. A
/// pattern without wildcards must name a source file; with them, files of other kinds, and tests, are passed over. kInvalid when nothing
/// matches.
Result<std::vector<std::filesystem::path>> match_sources(const std::filesystem::path &folder, const std::string &pattern,
                                                         const TakesKind &takes = takes_kind);

/// Whether a glob as match_sources reads them matches a file's path, which is written with '/'.
bool matches(std::string_view pattern, std::string_view path);

} // namespace graft
