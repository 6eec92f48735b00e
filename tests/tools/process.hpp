// Runs the built command and other programs, and says what they did.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace graft::test {

struct Outcome {
  int status = -1; ///< as a shell gives it: 128 + signal for a killed process
  std::string out;
  std::string err;
};

struct Input {
  std::string text;                     ///< of stdin
  std::vector<std::string> environment; ///< NAME=value, added to our own
  std::string directory;                ///< to run in; empty: ours
};

/// Waits for the end of `words[0]` with the rest as its arguments. stdout and stderr are files, as with a shell's
/// redirection.
Outcome run(const std::vector<std::string> &words, const Input &input = {});

/// The `graft` that was built.
std::string graft_command();
/// `graft WORD...`
Outcome graft(std::vector<std::string> words, const Input &input = {});

/// A folder that is gone when the test is.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder &) = delete;

  std::string operator/(const std::string &name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }
  /// Writes a file, making the folders in between.
  std::string write(const std::string &name, const std::string &contents) const;

 private:
  std::filesystem::path path_;
};

std::string read(const std::string &path);

} // namespace graft::test
