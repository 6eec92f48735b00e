// Where another thread of this process is: its return addresses, asked for with a signal.
//
// The handler is installed at the first question, for a real-time signal that nobody uses, and stays: an answer may come
// late. It is one of the few things that graft changes in the process (decision 0011).
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace graft {

/// The program counters of a thread, innermost first; empty when it does not answer within `limit`: it is gone, blocks the
/// signal, or is stopped. One question at a time; others wait.
std::vector<std::uintptr_t> stack_of(int thread, std::chrono::milliseconds limit);

} // namespace graft
