// The names that a head leaves open: its templates call them without saying where they are, or loop over a range or take one
// apart, so that what they mean is looked up once more at each instantiation, in the namespaces of the arguments.
#pragma once

#include <limits>
#include <map>
#include <set>
#include <string>

namespace clang {
class ASTContext;
}

namespace graft::driver {

/// Each with the numbers of arguments that it is called with. Operators are not among them: any may be.
using OpenNames = std::map<std::string, std::set<unsigned>>;

/// Of a call whose arguments are the expansion of a pack.
inline constexpr unsigned kAnyNumber = std::numeric_limits<unsigned>::max();

OpenNames open_names(clang::ASTContext &context);

} // namespace graft::driver
