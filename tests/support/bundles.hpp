// Bundles for tests: those in plugins_src, texts in memory, and folders that are gone when the test ends.
#pragma once

#include <graft/runtime.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace graft::test {

/// A bundle that this repository ships.
inline std::string shipped(const std::string &name) { return GRAFT_SOURCE_DIR "/plugins_src/" + name; }

/// A one-file bundle from memory.
inline MemoryBundle text(const std::string &bundle, const std::string &contents, const std::string &file = "main.c") {
  return {bundle, {{file, contents}}};
}

/// A folder of its own for one test.
class TempFolder {
public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "graft-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder &) = delete;
  TempFolder &operator=(const TempFolder &) = delete;

  const std::filesystem::path &path() const { return path_; }
  std::filesystem::path write(const std::string &name, const std::string &contents) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << contents;
    return file;
  }

private:
  std::filesystem::path path_;
};

/// Declares contract "test.number"@1.0, `int32_t (*number)(void)`, as a bundle's text sees it.
inline const std::string kNumberContract = R"(#include <graft/abi.h>
GRAFT_CONTRACT(number, "test.number", 1, 0) { int32_t (*number)(void); };
)";

/// A bundle text that provides test.number and answers `value`.
inline std::string number_text(int value) {
  return kNumberContract + "static int32_t answer(void) { return " + std::to_string(value) +
         "; }\nGRAFT_PROVIDE(number, {.number = answer})\n";
}

} // namespace graft::test

// The host's own view of the same contract.
GRAFT_CONTRACT(test_number, "test.number", 1, 0) { int32_t (*number)(void); };
