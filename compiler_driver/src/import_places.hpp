// Which line first asks for a symbol that the file does not define: the sentence "undefined symbol" needs a place.
#pragma once

#include <graft/base/artifact.hpp>

#include <memory>
#include <vector>

namespace clang {
class ASTConsumer;
class ASTContext;
class Decl;
} // namespace clang

namespace graft::driver {

/// The top-level declarations of the author's own files, in order: the only places worth naming.
using Uses = std::vector<clang::Decl *>;

std::unique_ptr<clang::ASTConsumer> make_use_collector(Uses &uses);

/// Fills `where` of each import that one of `uses` names.
void place_imports(clang::ASTContext &context, const Uses &uses, std::vector<Import> &imports);

} // namespace graft::driver
