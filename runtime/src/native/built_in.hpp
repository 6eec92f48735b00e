// A bundle of the host's own functions, as a text that needs no reading.
#pragma once

#include "../bundle/bundle_text.hpp"

#include <graft/built_in.hpp>

namespace graft {

/// kInvalid for a name, a version, a contract or a table that cannot be one; `release` has run then.
Result<BundleText> read_bundle(BuiltInBundle bundle);

} // namespace graft
