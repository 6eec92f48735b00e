// What an allocation that is refused leaves behind.
#include "memory_account.hpp"

#include "../store/threads.hpp"

#include <array>
#include <cinttypes>
#include <cstdio>

namespace graft {

void MemoryAccount::report(std::uint64_t bytes) const noexcept {
  std::array<char, 320> text{}; // no allocation while there is no memory
  std::snprintf(text.data(), text.size(),
                "bundle '%.128s' asks for %" PRIu64 " bytes and has %" PRIu64 " of the %" PRIu64
                " that it may; raise memory_bytes in its 'limits', or give some back",
                bundle.c_str(), bytes, used(), limit());
  set_last_error(GRAFT_MEMORY_LIMIT, text.data());
}

} // namespace graft
