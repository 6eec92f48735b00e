// fork, exec, files, wait.
#include "process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace graft::test {

std::string read(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Outcome run(const std::vector<std::string> &words, const Input &input) {
  const TempFolder folder;
  const std::string in = folder.write("stdin", input.text), out = folder / "stdout", err = folder / "stderr";
  std::vector<char *> arguments;
  for (const std::string &word : words) arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(::open(in.c_str(), O_RDONLY), 0);
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT, 0600), 1);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT, 0600), 2);
    for (const std::string &variable : input.environment) ::putenv(const_cast<char *>(variable.c_str()));
    if (!input.directory.empty() && ::chdir(input.directory.c_str()) != 0) ::_exit(126);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), read(out), read(err)};
}

std::string graft_command() { return GRAFT_BINARY_DIR "/bin/graft"; }

Outcome graft(std::vector<std::string> words, const Input &input) {
  words.insert(words.begin(), graft_command());
  return run(words, input);
}

} // namespace graft::test
