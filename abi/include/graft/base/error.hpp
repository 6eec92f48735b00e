// What went wrong, in a form that a program can act on and a person can read.
//
// A `Code` answers "what can the caller do now?"; the values are those of `graft_code`, so that the C API says the same. The
// sentence is one line, lower case, without a full stop; it names the thing and both sides of a mismatch.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <graft/abi/types.h>

#include "diagnostic.hpp"
#include "export.hpp"

namespace graft {

enum class Code : std::int32_t {
  kOk = GRAFT_OK,
  kInvalid = GRAFT_INVALID,
  kNotFound = GRAFT_NOT_FOUND,
  kIncompatible = GRAFT_INCOMPATIBLE,
  kConflict = GRAFT_CONFLICT,
  kMissing = GRAFT_MISSING,
  kStale = GRAFT_STALE,
  kBusy = GRAFT_BUSY,
  kWouldDeadlock = GRAFT_WOULD_DEADLOCK,
  kSuperseded = GRAFT_SUPERSEDED,
  kUnchanged = GRAFT_UNCHANGED,
  kRefused = GRAFT_REFUSED,
  kException = GRAFT_EXCEPTION,
  kExhausted = GRAFT_EXHAUSTED,
  kUnsupported = GRAFT_UNSUPPORTED,
  kEnvironment = GRAFT_ENVIRONMENT,
  kInternal = GRAFT_INTERNAL,
  kTimeout = GRAFT_TIMEOUT,
  kPluginLimit = GRAFT_PLUGIN_LIMIT,
  kMemoryLimit = GRAFT_MEMORY_LIMIT,
  kDepthLimit = GRAFT_DEPTH_LIMIT,
  kPayloadLimit = GRAFT_PAYLOAD_LIMIT,
  kStorageLimit = GRAFT_STORAGE_LIMIT,
  kStackLimit = GRAFT_STACK_LIMIT,
};

inline constexpr Code kLastCode = Code::kStackLimit;

/// The code's short name, such as "not found". Static text.
GRAFT_API const char *to_string(Code code) noexcept;

/// One failure: a code, a sentence, the place it is about, and the compiler's words when they are the reason.
struct Error {
  Code code = Code::kInternal;
  std::string message;
  SourcePos where;                      ///< `where.file` empty: the sentence is about no place in a text
  std::vector<Diagnostic> diagnostics;  ///< in the order the compiler gave them

  /// `file:line:column: message`, one line.
  GRAFT_API std::string text() const;
};

/// Shorthand for the common case: an error about no particular place.
inline Error error(Code code, std::string message) { return Error{code, std::move(message), {}, {}}; }
inline Error error(Code code, std::string message, SourcePos where) {
  return Error{code, std::move(message), std::move(where), {}};
}

}  // namespace graft
