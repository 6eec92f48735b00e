// The command's facts as JSON. Keys are snake_case words; what is not known is left out, not null.
#pragma once

#include "command.hpp"

#include <graft/call.hpp>
#include <graft/inspect.hpp>
#include <graft/runtime.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace graft::tool {

using Json = nlohmann::ordered_json;

Json json_of(const Diagnostic &diagnostic);
Json json_of(const std::vector<Diagnostic> &diagnostics);
Json json_of(const Error &error);
Json json_of(const BundleInfo &bundle);
Json json_of(const StepTimes &times);
Json json_of(const CompiledFile &file);
Json json_of(const ReloadPlan &plan);
/// `source` names the text of the generation that answered.
Json json_of(const CallOutcome &outcome, const ContentKey &source);
Json json_of(const Inspection &inspection);

/// To stdout, indented, or on one line for streams of them.
void print_json(const Json &json);
void print_json_line(const Json &json);

/// Prints the error, or a line of JSON, and gives the exit code.
int fail(const Error &error, Format format);

} // namespace graft::tool
