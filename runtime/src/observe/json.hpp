// The runtime's facts as JSON values. What leaves the library is text (graft/json.hpp).
#pragma once

#define JSON_NOEXCEPTION 1
#include <graft/json.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace graft {

using Json = nlohmann::ordered_json;

Json json_of(const Error &error);
Json json_of(const CompiledFile &file);
Json json_of(const BundleInfo &bundle);
Json json_of(const std::vector<BundleInfo> &bundles);
Json json_of(const StepTimes &times);
Json json_of(const ReloadPlan &plan);
Json json_of(const std::vector<Holder> &holders);
Json json_of(const std::vector<HookPart> &parts);
/// Those that could not be loaded, with their errors.
Json json_of_failed(const std::vector<BundleStatus> &statuses);

/// One line, whatever bytes its strings hold.
std::string line_of(const Json &json);

} // namespace graft
