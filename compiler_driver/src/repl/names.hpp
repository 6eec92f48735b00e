// The names of a session: what they are declared as, and what may follow the beginning of one.
#pragma once

#include <string>
#include <vector>

namespace clang {
class Sema;
}

namespace graft::driver {

/// The declarations of a name ("std::vector", "point.x" by the type of a variable), each with the comment before it.
std::vector<std::string> describe(clang::Sema &sema, const std::string &name);
/// What may follow `text`, whose last word may have begun: whole words, sorted.
std::vector<std::string> complete(clang::Sema &sema, const std::string &text);

} // namespace graft::driver
