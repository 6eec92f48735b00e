// Content keys: BLAKE3 over length-prefixed parts, so that no two sequences of parts run together.
#pragma once

#include <graft/base/artifact.hpp>

#include <llvm/Support/BLAKE3.h>

#include <string>
#include <string_view>
#include <vector>

namespace graft::driver {

class KeyBuilder {
 public:
  void add(std::string_view part);
  void add(const ContentKey &key);
  ContentKey finish();

 private:
  llvm::BLAKE3 hasher_;
};

/// Of what a folder lists, in whatever order.
ContentKey key_of_list(std::vector<std::string> names);

} // namespace graft::driver
