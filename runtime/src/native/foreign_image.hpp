// An image whose providers are not of our compiler's making: their tables are found by symbol as ever, and hold thunks.
#pragma once

#include <graft/base/facts.hpp>
#include <graft/jit/linker.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace graft {

/// The functions of a provider, before they get thunks.
using FunctionsOf = std::function<Result<std::vector<const void *>>(const ProviderFacts &)>;

/// `code` with thunks before the functions of `providers`, which are among those of `facts`. kExhausted, and what
/// `functions` fails with.
Result<std::unique_ptr<jit::Image>> with_thunks(std::unique_ptr<jit::Image> code,
                                                const std::vector<ProviderFacts> &providers, const Facts &facts,
                                                const FunctionsOf &functions);

} // namespace graft
