// Bundles with a list of permissions, from memory.
#pragma once

#include "bundles.hpp"
#include "matchers.hpp"

#include <graft/runtime.hpp>

#include <memory>
#include <string>

namespace graft::test {

/// A bundle with one file and a manifest; `permissions` is the list as TOML writes it: "\"fs\", \"net\"".
inline MemoryBundle closed(const std::string &permissions, const std::string &contents, const std::string &file = "main.cpp",
                           const std::string &more = "") {
  return {"closed",
          {{file, contents},
           {"graft.toml", "name = \"closed\"\npermissions = [" + permissions + "]\ndefines = [\"_GNU_SOURCE\"]\n" + more}}};
}

/// Provides test.number with the value of a C or C++ expression.
inline std::string answering(const std::string &before, const std::string &expression) {
  return kNumberContract + before + "\nstatic int32_t answer(void) { return " + expression +
         "; }\nGRAFT_PROVIDE(number, {.number = answer})\n";
}

inline int number_of(const Runtime &runtime) {
  const auto bound = runtime.bind<test_number>();
  return bound ? (*bound)->number() : -1;
}

inline int number_of(const std::unique_ptr<Runtime> &runtime) { return number_of(*runtime); }

} // namespace graft::test
