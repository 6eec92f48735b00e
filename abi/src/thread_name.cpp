// Read from /proc, which knows threads by number; pthread_getname_np wants a handle, which may be stale.
#include <graft/base/thread_name.hpp>

#include <fstream>

namespace graft {

std::string thread_name(int thread) {
  std::string name;
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/comm");
  std::getline(file, name);
  return name;
}

} // namespace graft
