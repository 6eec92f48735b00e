// What a thunk and the runtime say to each other when plugin code throws. A thunk stands between a contract's table and the
// plugin's function; compiler_driver generates it, the runtime defines the two functions that it calls:
//
//     int32_t graft_thunk_is_forced(void *exception);
//         Called in the landing pad, before anything is caught. Non-zero: this is a forced unwinding (`pthread_exit`,
//         cancellation), and the thunk resumes it.
//     int32_t graft_thunk_caught(void *exception, const graft::ThunkDescription *thunk);
//         Takes the exception (`__cxa_begin_catch` ... `__cxa_end_catch`), notes it as the thread's last error, and returns the
//         status that a function returning `graft_status` gives back; every other function returns zero. Null for
//         `exception`: nothing was called, because the thread's stack is spent.
//
// `exception` is the landing pad's `_Unwind_Exception *`. Both must not throw.
#pragma once

#include <cstddef>
#include <cstdint>

namespace graft {

/// Which function threw. One per thunk, constant, in the generation's read-only data: valid as long as its code is mapped.
struct ThunkDescription {
  const char *contract;         ///< the contract's name
  const char *function;         ///< the entry's name, or its index as text when the types were not seen
  std::uint32_t returns_status; ///< 1: the thunk returns what graft_thunk_caught returned
  std::uint32_t reserved;
};

static_assert(sizeof(ThunkDescription) == 24);
static_assert(offsetof(ThunkDescription, contract) == 0);
static_assert(offsetof(ThunkDescription, function) == 8);
static_assert(offsetof(ThunkDescription, returns_status) == 16);

inline constexpr const char *kThunkIsForced = "graft_thunk_is_forced";
inline constexpr const char *kThunkCaught = "graft_thunk_caught";

}  // namespace graft
