// The words of codes and errors.
#include <graft/base/error.hpp>

namespace graft {

const char *to_string(Code code) noexcept {
  switch (code) {
  case Code::kOk: return "ok";
  case Code::kInvalid: return "invalid";
  case Code::kNotFound: return "not found";
  case Code::kIncompatible: return "incompatible";
  case Code::kConflict: return "conflict";
  case Code::kMissing: return "missing";
  case Code::kStale: return "stale";
  case Code::kBusy: return "busy";
  case Code::kWouldDeadlock: return "would deadlock";
  case Code::kSuperseded: return "superseded";
  case Code::kUnchanged: return "unchanged";
  case Code::kRefused: return "refused";
  case Code::kException: return "exception";
  case Code::kExhausted: return "exhausted";
  case Code::kUnsupported: return "unsupported";
  case Code::kEnvironment: return "environment";
  case Code::kInternal: return "internal";
  case Code::kTimeout: return "timeout";
  case Code::kPluginLimit: return "plugin limit";
  case Code::kMemoryLimit: return "memory limit";
  case Code::kDepthLimit: return "depth limit";
  case Code::kPayloadLimit: return "payload limit";
  case Code::kStorageLimit: return "storage limit";
  case Code::kStackLimit: return "stack limit";
  }
  return "a plugin's own code";
}

std::string Error::text() const {
  if (where.file.empty()) return message;
  return to_string(where) + ": " + message;
}

} // namespace graft
