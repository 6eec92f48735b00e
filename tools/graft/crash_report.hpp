// When plugin code crashes a host that the command is, the person in front of it is told whose code it was.
#pragma once

namespace graft::tool {

/// From now on a signal of a crash is told on stderr: which, in which bundle, and the lines, where it was compiled with -g.
/// Then it ends the process as ever.
void tell_of_crashes();

} // namespace graft::tool
