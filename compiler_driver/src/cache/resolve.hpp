// A host's address, in bounded time: the C library's usual look-up waits for a name server for as long as it likes.
#pragma once

#include <graft/base/clock.hpp>
#include <graft/base/result.hpp>

#include <string>

namespace graft::driver {

/// The address as digits. Fails: kEnvironment for an unknown name, and when `until` comes first.
Result<std::string> resolve(const std::string &host, const Clock &clock, Clock::Time until);

} // namespace graft::driver
