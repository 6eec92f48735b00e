// Which texts a compile read: the headers as facts, all of them as a content key.
#pragma once

#include "unit.hpp"

namespace clang {
class CompilerInstance;
}

namespace graft::driver {

/// Notes the files that `compiler`'s source may ask for without reading them as text. Call it before parsing.
void watch_inputs(clang::CompilerInstance &compiler, Unit &unit);

/// Fills `unit.facts.headers` and `unit.text_key`. Call it after parsing.
void collect_inputs(clang::CompilerInstance &compiler, const UnitRequest &request, Unit &unit);

}  // namespace graft::driver
