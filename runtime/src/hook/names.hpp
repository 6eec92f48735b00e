// What a manifest may call a hook: its whole name, or, for those of the proxy's pack (graft/proxy.h), a short one in any
// case.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// The hook's whole name; empty for a short one that nobody knows. A name with a dot is whole.
std::string hook_of_alias(std::string_view name);

/// Every short name.
std::vector<std::string> hook_aliases();

} // namespace graft
