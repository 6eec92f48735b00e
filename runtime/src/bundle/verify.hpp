// Does the code do what the manifest says? Checked before anything of the bundle runs.
#pragma once

#include "manifest.hpp"

#include <graft/base/artifact.hpp>
#include <graft/base/result.hpp>
#include <graft/runtime.hpp>

namespace graft {

/// kIncompatible when the manifest lists a contract that the code does not provide, provides one that the manifest does not
/// list, or in another version; kConflict when the bundle provides one contract twice (with both places); kRefused for
/// unchecked code when `unchecked` says so; kInvalid when it provides nothing and has neither `graft_init` nor a requirement
/// ("no provider": how to add one).
Result<void> verify_artifact(const Manifest &manifest, const Artifact &artifact, Unchecked unchecked);
/// The part of it that is about hooks (verify_hooks.cpp): listed and provided, both ways; and no `fail_closed` where a hook
/// cannot deny.
Result<void> verify_hooks(const Manifest &manifest, const Artifact &artifact);

} // namespace graft
