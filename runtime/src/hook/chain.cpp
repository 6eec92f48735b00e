// See chain.hpp.
#include "chain.hpp"

#include "fused.hpp"

#include <utility>

namespace graft {

HookChain::HookChain(const HookShape &shape, std::vector<Seat> seats)
    : head{shape.owner.get(), 0}, shape(&shape), seats(std::move(seats)) {}

HookChain::~HookChain() = default;

void HookChain::attach(std::unique_ptr<FusedChain> fused) {
  own_ = std::move(fused);
  fused_.store(own_.get(), std::memory_order_release); // pairs with `fused`
}

} // namespace graft
