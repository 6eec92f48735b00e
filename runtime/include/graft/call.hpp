// Calling a contract by name, with text in and text out: for command lines, scripts and tests. Slow and general; typed hosts use
// `Runtime::bind`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <graft/base/export.hpp>
#include <graft/base/result.hpp>

#include "runtime.hpp"

namespace graft {

/// What a call by name gave.
struct CallOutcome {
  std::string contract;          ///< "demo.greeter"
  std::string function;
  std::string bundle;
  std::uint64_t generation = 0;  ///< the one that answered
  bool returns_status = false;
  graft_status status = 0;       ///< of functions that return one
  std::string result;            ///< JSON of the return value; empty for a status or void
  std::string outputs;           ///< JSON object: what each out-parameter holds after the call, by name
};

/// Calls `target` ("contract.function", "contract@major.function") with one text per input parameter: integers (also 0x..), floats,
/// true/false, enumerator names, strings for `graft_str` and `const char *`, JSON for structs and arrays. A pointer to non-const that no
/// argument was given for is an out-parameter, zeroed before the call; a `graft_buf *` is given back as text. A function of an instance is
/// called on one that is made for this call, without data, and ended after it; `self` is not among the arguments. kNotFound, kInvalid (wrong
/// number or form, naming the parameter and its type), kUnsupported (a type that text cannot spell), kException, kStackLimit, kMissing.
GRAFT_API Result<CallOutcome> call_by_name(const Runtime &runtime, std::string_view target,
                                           const std::vector<std::string> &arguments);

} // namespace graft
