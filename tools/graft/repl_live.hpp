// Contracts of loaded bundles in a session's scope, by their names: `demo.greeter->greet(name, &out)` is the arrow of a member of a
// variable `demo`, and pins the provider for the expression it stands in.
#pragma once

#include <graft/repl.hpp>
#include <graft/runtime.hpp>

#include <string>
#include <vector>

namespace graft::tool {

/// What the texts below call. The runtime must outlive the session.
void offer_live_calls(Repl &repl, Runtime &runtime);

/// Whether a header declares it: a source file cannot be included.
bool can_be_included(const ContractFacts &contract);
/// What the variable is called that holds a contract of that name: "demo" of "demo.greeter".
std::string area_of(const std::string &name);
/// What declares that variable to a session of C++, with one member for each contract; `number` makes its type another one.
std::string live_text(const std::string &area, const std::vector<ContractFacts> &contracts, std::size_t number);

} // namespace graft::tool
