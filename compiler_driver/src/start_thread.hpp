// Threads for what nobody waits for: when the system has none left, it is left undone, and nobody hears an exception.
#pragma once

#include <graft/base/fault.hpp>

#include <cerrno>
#include <system_error>
#include <thread>

namespace graft::driver {

/// Whether `body` runs on `thread` from now on. `point` names the place to the tests that make it fail.
template <class Body>
bool start_thread(std::thread &thread, const char *point, Body body) {
  if (fault::at(point, EAGAIN)) return false;
  try {
    thread = std::thread(std::move(body));
    return true;
  } catch (const std::system_error &) {
    return false;
  }
}

} // namespace graft::driver
