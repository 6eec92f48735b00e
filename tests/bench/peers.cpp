// Peers, with the flags that serve them best: one process, no temporary but the library, the fast linker.
#include "peers.hpp"

#include "temp_folder.hpp"

#include <dlfcn.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <vector>

extern char **environ;

namespace graft::bench {
namespace {

[[noreturn]] void give_up(const char *what, const std::string &with) {
  std::fprintf(stderr, "graft_bench: %s: %s\n", what, with.c_str());
  std::exit(1);
}

/// For what peers compile, until the end of the program.
const test::TempFolder &folder() {
  static const test::TempFolder folder;
  return folder;
}

} // namespace

std::string spawn_compile(const char *compiler, const std::vector<const char *> &flags, const std::string &text) {
  static int number = 0;
  const std::string base = folder() / ("peer" + std::to_string(number++));
  const std::string source = base + (std::string(compiler).find("++") != std::string::npos ? ".cpp" : ".c");
  std::ofstream(source) << text;
  const std::string library = base + ".so";
  std::vector<const char *> arguments{compiler, "-shared", "-fPIC", "-o", library.c_str(), source.c_str()};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  if (std::string(compiler).find("clang") != std::string::npos) arguments.push_back("-fuse-ld=lld");
  arguments.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawnp(&child, compiler, nullptr, nullptr, const_cast<char *const *>(arguments.data()), environ) != 0)
    give_up("cannot run", compiler);
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) give_up("the peer does not compile", compiler);
  return library;
}

void *open_and_find(const std::string &library, const char *symbol, void **handle) {
  *handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (*handle == nullptr) give_up("dlopen", dlerror());
  void *found = dlsym(*handle, symbol);
  if (found == nullptr) give_up("dlsym", symbol);
  return found;
}

} // namespace graft::bench
