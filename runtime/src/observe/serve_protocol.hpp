// What a host can be asked, and its answers: JSON, one object a line, version 1. The README of the runtime says it for
// people.
#pragma once

#include <graft/runtime.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graft {

/// A request that was understood, or the answer to one that was not.
struct Request {
  enum class Verb : std::uint8_t { kPs, kPlan, kReload, kRollback, kUnload, kSubscribe, kNone };

  Verb verb = Verb::kNone;
  std::string id; ///< JSON text of a string or a number, given back with the answer; may be empty
  std::vector<std::string> bundles;
  Force force = Force::kNo;
  std::size_t steps = 1; ///< of kRollback
  bool wants_holders = false; ///< of kPs
  std::string refusal;   ///< of kNone: the answer

  /// Whether it may take long: compile, or wait for the commit token.
  bool is_slow() const { return wants_holders || verb == Verb::kPlan || verb == Verb::kReload || verb == Verb::kRollback || verb == Verb::kUnload; }
};

Request parse_request(std::string_view line);

/// Does it, and gives the answer's line.
std::string answer(Runtime &runtime, const Request &request);

/// The answer to a request that cannot even be read.
std::string refusal_line(const Error &error);

/// An event's line, for subscribers.
std::string event_line(const Event &event);

} // namespace graft
