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
  std::vector<std::string> words{compiler, "-shared", "-fPIC", "-o", library, source};
  words.insert(words.end(), flags.begin(), flags.end());
  if (std::string(compiler).find("clang") != std::string::npos) words.push_back("-fuse-ld=lld");
  spawn(words);
  return library;
}

bool is_installed(const char *compiler) {
  return std::system((std::string("command -v ") + compiler + " >/dev/null 2>&1").c_str()) == 0;
}

void spawn(const std::vector<std::string> &words) {
  std::vector<char *> arguments;
  for (const std::string &word : words) arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) give_up("cannot run", words[0]);
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) give_up("the peer fails", words[0]);
}

void *open_and_find(const std::string &library, const char *symbol, void **handle) {
  *handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (*handle == nullptr) give_up("dlopen", dlerror());
  void *found = dlsym(*handle, symbol);
  if (found == nullptr) give_up("dlsym", symbol);
  return found;
}

} // namespace graft::bench
