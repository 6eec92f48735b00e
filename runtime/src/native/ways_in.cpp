// See ways_in.hpp.
#include "ways_in.hpp"

#include <graft/base/fault.hpp>

#include <cstring>

namespace graft {

void WaysIn::enter(ffi_cif *signature, void *result, void **arguments, void *opaque) {
  const Way &way = *static_cast<const Way *>(opaque);
  if (signature->rtype != &ffi_type_void) std::memset(result, 0, signature->rtype->size);
  way.owner->call_(way.function, arguments, result);
}

Result<std::unique_ptr<WaysIn>> WaysIn::create(const TypeTable &types, const ContractFacts &contract, std::size_t count,
                                               Call call) {
  constexpr const char *kRefusal = "there is no memory for the functions that lead into a loader";
  std::unique_ptr<WaysIn> made(new WaysIn(std::move(call)));
  for (std::size_t k = 0; k < count; ++k) {
    Way &way = made->ways_.emplace_back(made.get(), k);
    GRAFT_TRY(way.signature.prepare(types, contract.functions[k].type));
    void *code = nullptr;
    if (!fault::at(kRefusal)) way.closure.reset(ffi_closure_alloc(sizeof(ffi_closure), &code));
    if (way.closure == nullptr || ffi_prep_closure_loc(static_cast<ffi_closure *>(way.closure.get()), &way.signature.cif(),
                                                       &WaysIn::enter, &way, code) != FFI_OK)
      return error(Code::kExhausted, kRefusal);
    made->functions_.push_back(code);
  }
  return made;
}

} // namespace graft
