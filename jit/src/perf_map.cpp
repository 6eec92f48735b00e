// See perf_map.hpp. A line is "address bytes name", numbers in hexadecimal.
#include "perf_map.hpp"

#include <llvm/ADT/StringExtras.h>
#include <llvm/Demangle/Demangle.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace graft::jit {

PerfMap::PerfMap() {
  const char *asked = std::getenv("GRAFT_PERF_MAP");
  if (asked == nullptr || std::string_view(asked) != "1") return;
  const std::string path = "/tmp/perf-" + std::to_string(::getpid()) + ".map";
  file_ =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644); // without it perf shows addresses
}

PerfMap::~PerfMap() {
  if (file_ >= 0) ::close(file_);
}

void PerfMap::add(const FunctionNames &functions) const {
  if (file_ < 0) return;
  std::string text;
  for (const FunctionNames::Function &function : functions.functions())
    text += llvm::utohexstr(function.begin, /*LowerCase=*/true) + " " + llvm::utohexstr(function.bytes, /*LowerCase=*/true) +
            " " + llvm::demangle(functions.names().c_str() + function.name) + "\n";
  [[maybe_unused]] const ssize_t written = ::write(file_, text.data(), text.size()); // a full disk costs names
}

} // namespace graft::jit
