// Taking hold of exceptions that plugin code threw. This file catches, so it is on the list of those that may name
// libstdc++'s exception machinery.
#include "caught.hpp"

#include "../store/table.hpp"
#include "../store/threads.hpp"

#include <graft/abi.h>
#include <graft/base/current_exception.hpp>
#include <graft/base/fault.hpp>
#include <graft/base/thunk.hpp>

#include <cxxabi.h>
#include <unwind.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace graft {
namespace {

// "GNUCC++\0" and its dependent variant, read as the big-endian number that libgcc compares.
bool is_cxx(const _Unwind_Exception &exception) {
  return (exception.exception_class >> 8) == (0x474e5543432b2b00ull >> 8);
}

/// Inside a handler: as thrown_error, and kMemoryLimit for what `new` throws where the bundle's quota refused it, which is
/// the thread's last error then.
Error error_of(const std::string &who) {
  try {
    throw;
  } catch (const std::bad_alloc &) {
    if (last_error_status() == GRAFT_MEMORY_LIMIT)
      return error(Code::kMemoryLimit, who + " needed more memory than there is for it: " + std::string(last_error_text()));
  } catch (...) {
  }
  return thrown_error(who);
}

/// Ends an exception in flight.
Error take(void *exception, const std::string &who) {
  abi::__cxa_begin_catch(exception);
  const Error failure = is_cxx(*static_cast<const _Unwind_Exception *>(exception))
                            ? error_of(who)
                            : error(Code::kException, who + " threw a foreign exception");
  try {
    abi::__cxa_end_catch();
  } catch (abi::__forced_unwind &) {
    throw;
  } catch (...) { // by the destructor of what was thrown
  }
  return failure;
}

} // namespace

std::optional<std::string> catch_all(const std::function<void()> &body) {
  try {
    body();
    return std::nullopt;
  } catch (abi::__forced_unwind &) {
    throw; // pthread_exit and cancellation: stopping them would abort the process
  } catch (...) {
    return describe_current_exception();
  }
}

std::optional<Error> catch_error(const std::string &who, const std::function<void()> &body) {
  try {
    body();
    return std::nullopt;
  } catch (abi::__forced_unwind &) {
    throw;
  } catch (...) {
    return error_of(who);
  }
}

Result<void> call_status(const std::string &what, const std::function<graft_status()> &call) {
  graft_status status = GRAFT_OK;
  set_last_error(GRAFT_OK, {});
  if (auto caught = catch_error(what, [&] { status = call(); })) return std::move(*caught);
  if (status == GRAFT_OK) return {};
  std::string sentence = what + " refused with status " + std::to_string(status);
  if (!last_error_text().empty()) sentence += ": " + std::string(last_error_text());
  return error(static_cast<Code>(status), std::move(sentence));
}

Result<void> start_thread(std::thread &thread, const char *refusal, std::function<void()> body) {
  std::optional<std::string> why;
  if (fault::at(refusal, EAGAIN))
    why = std::strerror(EAGAIN);
  else
    why = catch_all([&] { thread = std::thread(std::move(body)); });
  if (!why) return {};
  return error(Code::kExhausted, std::string(refusal) + ": " + *why + "; raise the limit of threads or of memory");
}

// Hidden: called by thunks, which the linker binds to them, and by those of foreign_calls.cpp.
#pragma GCC visibility push(hidden)
extern "C" {

/// libgcc keeps the stop function of a forced unwinding in `private_1`; it is null for a thrown exception in flight.
std::int32_t graft_thunk_is_forced(void *exception) {
  return static_cast<const _Unwind_Exception *>(exception)->private_1 != 0 ? 1 : 0;
}

std::int32_t graft_thunk_caught(void *exception, const ThunkDescription *thunk) {
  const void *entries = innermost_pin();
  const std::string bundle = entries != nullptr ? " of bundle '" + Table::of(entries).shape().bundle + "'" : std::string();
  const std::string who = "'" + std::string(thunk->function) + "' (" + thunk->contract + ")" + bundle;
  const Error failure = exception == nullptr ? error(Code::kStackLimit, who + " ran out of stack") : take(exception, who);
  set_call_error(static_cast<graft_status>(failure.code), failure.message);
  return static_cast<graft_status>(failure.code);
}
}
#pragma GCC visibility pop

std::vector<jit::Symbol> thunk_symbols() {
  return {{kThunkIsForced, reinterpret_cast<const void *>(&graft_thunk_is_forced)},
          {kThunkCaught, reinterpret_cast<const void *>(&graft_thunk_caught)}};
}

} // namespace graft
