// What a process holds that must not pile up.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <ostream>
#include <sstream>
#include <string>

namespace graft::test {

inline std::size_t entries(const char *folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

/// Without pages of files: of the libraries, more are read the longer a process lives.
inline std::size_t resident_bytes() {
  std::size_t kib = 0;
  std::ifstream status("/proc/self/status");
  for (std::string name; status >> name; status.ignore(std::numeric_limits<std::streamsize>::max(), '\n')) {
    std::size_t one = 0;
    if (name == "RssAnon:" || name == "RssShmem:") status >> one;
    kib += one;
  }
  return kib * 1024;
}

/// Threads that run. One that was joined is listed for a moment more, marked as ending (PF_EXITING in linux/sched.h).
inline std::size_t running_threads() {
  constexpr unsigned long kIsEnding = 0x4;
  std::size_t running = 0;
  for (const auto &task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string line, state;
    std::getline(std::ifstream(task.path() / "stat"), line);
    std::istringstream fields(line.substr(line.rfind(')') + 1));
    long parent = 0, group = 0, session = 0, terminal = 0, owner = 0;
    unsigned long flags = kIsEnding;
    fields >> state >> parent >> group >> session >> terminal >> owner >> flags;
    if ((flags & kIsEnding) == 0) ++running;
  }
  return running;
}

struct Held {
  std::size_t descriptors = 0;
  std::size_t threads = 0;
  std::size_t mappings = 0;

  static Held now() {
    Held held{entries("/proc/self/fd"), running_threads(), 0};
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) ++held.mappings;
    return held;
  }
};

inline std::ostream &operator<<(std::ostream &out, const Held &held) {
  return out << held.descriptors << " descriptors, " << held.threads << " threads, " << held.mappings << " mappings";
}

} // namespace graft::test
