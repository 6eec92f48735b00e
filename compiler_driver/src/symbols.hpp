// What an object defines and what it wants from others, read from the object itself: the truth that the linker will see.
#pragma once

#include "unit.hpp"

namespace graft::driver {

/// Fills `unit.defined` and `unit.undefined` (without places) from `unit.output`.
void read_symbols(Unit &unit);

} // namespace graft::driver
