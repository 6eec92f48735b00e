// An artifact as bytes and back: what a cache stores, and what a compiler in another process sends.
//
// The bytes say which format they are in and carry a checksum: what was damaged on its way is an error. Who may have made
// them is a question for those who store them; here, bytes that are made to look right give a wrong artifact, and never a
// crash.
#pragma once

#include "artifact.hpp"
#include "export.hpp"
#include "result.hpp"

#include <span>
#include <vector>

namespace graft {

/// All of `artifact`, nothing left out.
GRAFT_API std::vector<char> to_bytes(const Artifact &artifact);

/// Fails: kInvalid for bytes that are cut short, damaged or none of an artifact; kIncompatible for another version of the
/// format.
GRAFT_API Result<Artifact> artifact_from_bytes(std::span<const char> bytes);

} // namespace graft
