// What a path means, and which names decide it: each folder on the way, each symbolic link, and what the links lead to.
#pragma once

#include <string>
#include <vector>

namespace graft {

/// A name in a folder. The folder is spelled without links.
struct PathNode {
  std::string folder;
  std::string name;

  std::string text() const { return folder.ends_with('/') ? folder + name : folder + "/" + name; }
};

/// Every node whose change may change what `path` (absolute) leads to, in the order the system follows them. The last is the
/// file or folder itself when it is there, and where the way ends when it is not.
std::vector<PathNode> path_chain(const std::string &path);

} // namespace graft
