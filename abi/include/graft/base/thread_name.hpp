// What a thread of this process is called: for sentences about who holds what.
#pragma once

#include <string>

namespace graft {

/// The name of a thread by its number (gettid), "worker"; empty when it is gone.
std::string thread_name(int thread);

} // namespace graft
