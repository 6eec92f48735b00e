// Types for code that brought none: where the host declares a contract that machine code, a loader or the host itself
// provides, the host's declaration is taken for the provider's.
#pragma once

#include "host_views.hpp"

namespace graft {

/// Adds the views of contracts that the facts provide and do not declare. What was not checked stays so: nobody compared
/// anything.
void adopt_views(Facts &facts, const HostViews &views);

} // namespace graft
