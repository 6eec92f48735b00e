// Do two declarations of one contract mean the same to the machine? Said in words, with both declarations, when they do not.
//
// What is deliberately elsewhere: who must agree with whom, and when (check.cpp, host_views.hpp).
#pragma once

#include <graft/base/facts.hpp>
#include <graft/base/result.hpp>

#include <string>

namespace graft {

/// One declaration of a contract. Borrows.
struct ContractSide {
  const ContractFacts &contract;
  const TypeTable &types;
  std::string holder; ///< as a sentence says it: "the host", "bundle 'greeter'"
};

/// kIncompatible at the first difference: entry by entry over what both declare, through everything that an entry refers to.
///
/// Equal are: two spellings of one ABI; tables of which one ends earlier; structs behind a pointer that
/// begin with `uint32_t struct_size` and of which one ends earlier; enums of which one names more values; a struct that one
/// side only declares, behind a pointer. The error's place is `theirs`; its diagnostics are both declarations.
Result<void> compare(const ContractSide &ours, const ContractSide &theirs);

} // namespace graft
