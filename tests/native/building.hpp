// Machine code for tests, built as its author would build it: by a compiler outside of this process.
#pragma once

#include "bundles.hpp"
#include "temp_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace graft::test {

/// Runs a command line; its words end up in the test's message when it fails.
inline void run(const std::string &command) {
  ASSERT_EQ(std::system((command + " >&2").c_str()), 0) << command; // NOLINT(concurrency-mt-unsafe)
}

inline std::string bytes_of(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Builds in a folder of its own.
class Builder {
 public:
  const TempFolder &folder() const { return folder_; }
  std::string operator/(const std::string &name) const { return folder_ / name; }

  /// Compiles and links `sources` (paths, or flags) to `output`.
  std::string build(const std::string &output, const std::string &sources,
                    const std::string &compiler = GRAFT_CLANGXX) const {
    const std::string path = folder_ / output;
    run(compiler + " -fPIC -fexceptions -I" GRAFT_ABI_INCLUDE " -o " + path + " " + sources);
    return path;
  }
  /// A shared object from one text.
  std::string shared(const std::string &output, const std::string &text, const std::string &compiler = GRAFT_CLANGXX,
                     const std::string &flags = "") const {
    return build(output, "-shared -std=c++20 " + flags + " " + folder_.write("source/" + output + ".cpp", text), compiler);
  }
  std::string object(const std::string &output, const std::string &text, const std::string &compiler = GRAFT_CLANGXX,
                     const std::string &flags = "") const {
    return build(output, "-c -std=c++20 " + flags + " " + folder_.write("source/" + output + ".cpp", text), compiler);
  }

 private:
  TempFolder folder_;
};

/// A runtime that takes code whose types nobody saw.
inline Result<std::unique_ptr<Runtime>> allowing() { return Runtime::create({.unchecked = Unchecked::kAllow}); }

inline int answer(const Runtime &runtime) {
  const auto bound = runtime.bind<test_number>();
  return bound ? (*bound)->number() : -1;
}

} // namespace graft::test
