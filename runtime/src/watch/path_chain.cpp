// Follows a path as the system does, one component at a time.
#include "path_chain.hpp"

#include <deque>
#include <filesystem>

namespace graft {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40; // as the kernel has it

/// Puts the components of `path` in front; an absolute one starts over.
void push_front(const fs::path &path, std::deque<std::string> &ahead, fs::path &here) {
  if (path.is_absolute()) here = "/";
  std::vector<std::string> parts;
  for (const fs::path &part : path.relative_path())
    if (!part.empty() && part != ".") parts.push_back(part.string());
  ahead.insert(ahead.begin(), parts.begin(), parts.end());
}

} // namespace

std::vector<PathNode> path_chain(const std::string &path) {
  std::vector<PathNode> chain;
  std::deque<std::string> ahead;
  fs::path here = "/";
  push_front(path, ahead, here);
  int links = 0;
  while (!ahead.empty()) {
    const std::string name = std::move(ahead.front());
    ahead.pop_front();
    if (name == "..") {
      here = here.parent_path();
      continue;
    }
    chain.push_back({here.string(), name});
    std::error_code failure;
    const fs::file_status status = fs::symlink_status(here / name, failure);
    if (status.type() == fs::file_type::symlink) {
      if (++links > kMostLinks) break;
      push_front(fs::read_symlink(here / name, failure), ahead, here);
    } else if (fs::exists(status)) {
      here /= name;
    } else {
      break;
    }
  }
  return chain;
}

} // namespace graft
