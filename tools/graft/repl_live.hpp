// Contracts of loaded bundles in a session's scope: a variable of each contract, named like its type, whose arrow pins the provider
// for the expression it stands in: `greeter->greet(name, &out)`.
#pragma once

#include <graft/repl.hpp>
#include <graft/runtime.hpp>

#include <string>

namespace graft::tool {

/// What the texts below call. The runtime must outlive the session.
void offer_live_calls(Repl &repl, Runtime &runtime);

/// What declares the contract to a session of C++; empty when only a source file declares it, which cannot be included.
std::string live_text(const ContractFacts &contract);

} // namespace graft::tool
