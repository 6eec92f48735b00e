// The runtime's facts as JSON text, the same for every tool that speaks of them: `graft --json`, the socket of a host that
// serves. Keys are snake_case words; what is not known is left out, not null.
#pragma once

#include "runtime.hpp"

#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include <string>

namespace graft {

// Each is one line, whatever bytes its strings hold.
GRAFT_API std::string to_json(const Diagnostic &diagnostic);
GRAFT_API std::string to_json(const Error &error);
GRAFT_API std::string to_json(const BundleInfo &bundle);
GRAFT_API std::string to_json(const StepTimes &times);
GRAFT_API std::string to_json(const CompiledFile &file);
GRAFT_API std::string to_json(const ReloadPlan &plan);

} // namespace graft
