// C functions of types that are known at run time only, all of which lead into one: what an engine with a single way in
// looks like to callers of a contract.
#pragma once

#include "../call/ffi_signature.hpp"

#include <graft/base/facts.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace graft {

/// Owns: the functions. Threads: they are called from any.
class WaysIn {
 public:
  /// A call of the contract's k-th function. What it throws goes on to the caller.
  using Call = std::function<void(std::size_t function, void *const *arguments, void *result)>;

  /// For the first `count` functions of `contract`. kUnsupported for a type that cannot be passed this way, kExhausted.
  static Result<std::unique_ptr<WaysIn>> create(const TypeTable &types, const ContractFacts &contract, std::size_t count,
                                                Call call);
  const std::vector<const void *> &functions() const { return functions_; }

 private:
  struct Way {
    WaysIn *owner;
    std::size_t function;
    FfiSignature signature{};
    std::unique_ptr<void, void (*)(void *)> closure{nullptr, ffi_closure_free};
  };
  explicit WaysIn(Call call) : call_(std::move(call)) {}
  static void enter(ffi_cif *signature, void *result, void **arguments, void *way);

  const Call call_;
  std::deque<Way> ways_; // which stay where they are: their functions hold their addresses
  std::vector<const void *> functions_;
};

} // namespace graft
