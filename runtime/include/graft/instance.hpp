// Instances of a contract, owned by a host: made by `Runtime::create_instance`, ended with this object.
//
//     auto counter = runtime->bind<demo_counter>();
//     auto one     = runtime->create_instance(*counter);
//     one->add(*one, 3);                              // pinned for this expression, like a call through Bound
//     one->call(&demo_counter::add, 3)                // the same with a Result
//
// A host never sees the state itself, which a reload may move: what goes over as `self` names it, and the table that is
// called finds the state behind it. Once the instance ended, its functions report GRAFT_STALE.
#pragma once

#include "bound.hpp"

#include <graft/base/export.hpp>

#include <atomic>
#include <utility>

namespace graft {

class Runtime;

namespace detail {

/// What goes over as `self`. Owned by the runtime; never freed before it.
struct InstanceCell {
  /// The state; null when there is none. First, because the code of tables reads it. Stored (release) when the instance is
  /// made, moved and ended; read by machine code on x86-64, whose loads are acquires.
  std::atomic<void *> self{nullptr};
  /// Objects that name this cell: while there are any, it is given to no other instance.
  std::atomic<std::uint32_t> references{0};
};

} // namespace detail

/// One instance. Must not outlive its runtime.
///
/// Owns: the instance. Threads: like a Bound; whether two threads may call one instance at once is the plugin's to say, and
/// nobody may be inside when it ends.
template <Contract C>
class Instance {
 public:
  Instance() = default;
  Instance(const Runtime &runtime, Bound<C> provider, graft_instance handle, detail::InstanceCell &cell) noexcept
      : runtime_(&runtime), provider_(std::move(provider)), handle_(handle), cell_(&cell) {}
  Instance(Instance &&other) noexcept { swap(other); }
  Instance &operator=(Instance &&other) noexcept {
    Instance taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~Instance() {
    if (cell_ == nullptr) return;
    ignore(destroy(), "an instance that ended with its bundle is gone already");
    cell_->references.fetch_sub(1, std::memory_order_release); // pairs with the acquire before reuse
  }

  explicit operator bool() const noexcept { return cell_ != nullptr; }
  graft_instance handle() const noexcept { return handle_; }
  /// What its functions take first.
  operator void *() const noexcept { return cell_; }

  Pinned<C> operator->() const noexcept { return provider_.operator->(); }

  /// Like Bound::call, with this instance as the first argument.
  template <class R, class... Parameters, class... Arguments>
  Result<R> call(R (*C::*member)(void *, Parameters...), Arguments &&...arguments) const {
    return provider_.call(member, static_cast<void *>(cell_), std::forward<Arguments>(arguments)...);
  }

  /// Ends it now. kStale when it ended already, kException with what its `destroy` threw.
  Result<void> destroy() const;

 private:
  void swap(Instance &other) noexcept {
    std::swap(runtime_, other.runtime_);
    std::swap(provider_, other.provider_);
    std::swap(handle_, other.handle_);
    std::swap(cell_, other.cell_);
  }

  const Runtime *runtime_ = nullptr;
  Bound<C> provider_;
  graft_instance handle_{};
  detail::InstanceCell *cell_ = nullptr;
};

} // namespace graft
