// Bundles of a session as their files were when it loaded them: a session that goes back runs '%load' and '%reload' again, and
// files may say something else by then, or be gone.
#pragma once

#include <graft/base/result.hpp>

#include <string>

namespace graft::tool {

/// Copies a bundle - a folder, or a file and the headers beside it - into `folder`, each file under its whole path. Where
/// the bundle is there. Headers from elsewhere are left out. kEnvironment when it cannot be copied.
Result<std::string> keep_bundle(const std::string &bundle, const std::string &folder);

/// Whether files that are kept in `folder` are others now, or there are more or fewer of them.
bool is_changed(const std::string &folder);

/// What `path` is a copy of, if it lies in a folder of `root` that something was kept in; itself otherwise.
std::string kept_from(const std::string &path, const std::string &root);

/// As a word of a command: in quotes.
std::string quoted(const std::string &word);

} // namespace graft::tool
