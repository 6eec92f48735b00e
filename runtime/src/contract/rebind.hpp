// The half of re-binding that a load shares with `graft rebind`: which file of a bundle a newer contract header stands in
// for.
#pragma once

#include "../bundle/bundle_text.hpp"

#include <graft/base/facts.hpp>
#include <graft/driver/compiler.hpp>
#include <graft/rebind.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace graft {

/// A bundle as it was before, and what took its headers' places.
struct OldContracts {
  Facts facts;
  struct Replacement {
    std::string old_file;
    std::string new_file; ///< absolute
  };
  std::vector<Replacement> replacements;
};

/// Lets `headers` stand in for the bundle's own in `text`, and moves the versions in its manifest along. The bundle is
/// compiled once for its facts, against its own headers, to see which those are.
Result<OldContracts> replace_contracts(const driver::Compiler &compiler, BundleText &text,
                                       const std::vector<std::filesystem::path> &headers, const RebindOptions &options);

} // namespace graft
