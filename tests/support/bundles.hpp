// Bundles for tests: those in plugins_src, and texts in memory.
#pragma once

#include "temp_folder.hpp"

#include <graft/runtime.hpp>

#include <string>

namespace graft::test {

/// A bundle that this repository ships.
inline std::string shipped(const std::string &name) { return GRAFT_SOURCE_DIR "/plugins_src/" + name; }

/// A one-file bundle from memory.
inline MemoryBundle text(const std::string &bundle, const std::string &contents, const std::string &file = "main.c") {
  return {bundle, {{file, contents}}};
}

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
