// Typed use of a contract from a host: `Bound<greeter>` is resolved once and called many times; `View` promises that several
// belong together.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <graft/abi.h>
#include <graft/base/result.hpp>

#include "pin.hpp"

namespace graft {

/// A struct that GRAFT_CONTRACT declared.
template <class T>
concept Contract = requires(const T *contract) {
  { graft_contract_of(contract) } -> std::same_as<graft_contract_info>;
};

namespace detail {
/// Whether a table entry stands for "the provider has no such function" or "the slot was vacated".
GRAFT_API bool is_stub(const void *function) noexcept;
/// Forgets the calling thread's last error.
GRAFT_API void clear_last_error() noexcept;
/// What went wrong in a call through `entry` of `table`, which is still pinned: `status` when that entry returns a `graft_status`, else
/// what the call itself left as the thread's last error since `clear_last_error`, not what it met and got over; kOk when nothing did.
GRAFT_API Error last_error(const void *table, const void *entry, graft_status status);
} // namespace detail

/// Names a slot and keeps it from being given to another bundle. Must not outlive its runtime.
///
/// Threads: one object is used like an int (not from two threads at once while one writes it); copies are free to go anywhere.
class Binding {
public:
  Binding() = default;
  explicit Binding(Slot *slot, graft_handle handle) noexcept : slot_(slot), handle_(handle) { acquire(); }
  Binding(const Binding &other) noexcept : slot_(other.slot_), handle_(other.handle_) { acquire(); }
  Binding(Binding &&other) noexcept : slot_(std::exchange(other.slot_, nullptr)), handle_(other.handle_) {}
  Binding &operator=(Binding other) noexcept {
    std::swap(slot_, other.slot_);
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Binding() {
    if (slot_ != nullptr) slot_->references.fetch_sub(1, std::memory_order_release); // pairs with the acquire before reuse
  }

  explicit operator bool() const noexcept { return slot_ != nullptr; }
  graft_handle handle() const noexcept { return handle_; }
  const Slot &slot() const noexcept { return *slot_; }
  /// Pins what the slot holds now, for a scope.
  Pin pin() const noexcept { return Pin(*slot_); }

private:
  void acquire() noexcept {
    // Sequentially consistent with the load of the tag that follows in `Store::resolve`; costs nothing more on x86-64.
    if (slot_ != nullptr) slot_->references.fetch_add(1, std::memory_order_seq_cst);
  }

  Slot *slot_ = nullptr;
  graft_handle handle_{};
};

/// A contract of some bundle, bound by type. `bound->function(...)` pins for the full expression, costs what an indirect call
/// costs, and sees a reload at the next call. After an unload every function reports GRAFT_STALE.
template <Contract C>
class Bound : public Binding {
public:
  Bound() = default;
  explicit Bound(Binding binding) noexcept : Binding(std::move(binding)) {}

  Pinned<C> operator->() const noexcept { return Pinned<C>(slot()); }
  Pinned<C> pin() const noexcept { return Pinned<C>(slot()); }

  /// Whether the provider has that function: `bound.has(&greeter::bye)`.
  template <class Function>
  bool has(Function *C::*member) const noexcept {
    const Pinned<C> table(slot());
    return !detail::is_stub(reinterpret_cast<const void *>((*table).*member));
  }

  /// Calls a function and turns a failure into an error: one that is missing, stale or threw, or a `graft_status` other than
  /// GRAFT_OK (an `int32_t` in C++, so the contract's declaration decides what is a status).
  template <class R, class... Parameters, class... Arguments>
  Result<R> call(R (*C::*member)(Parameters...), Arguments &&...arguments) const {
    detail::clear_last_error();
    const Pinned<C> table(slot());
    const auto finish = [&](graft_status status) { return detail::last_error(table.table(), &((*table).*member), status); };
    if constexpr (std::is_void_v<R>) {
      ((*table).*member)(std::forward<Arguments>(arguments)...);
      if (Error error = finish(GRAFT_OK); error.code != Code::kOk) return error;
      return {};
    } else {
      R value = ((*table).*member)(std::forward<Arguments>(arguments)...);
      graft_status status = GRAFT_OK;
      if constexpr (std::is_same_v<R, graft_status>) status = value;
      if (Error error = finish(status); error.code != Code::kOk) return error;
      return value;
    }
  }
};

/// Several contracts pinned together, guaranteed to come from one publication: never one bundle from before a commit beside
/// another from after it. For one scope, like a pin.
template <class... Contracts>
class View {
public:
  explicit View(const Bound<Contracts> &...bounds) noexcept : pins_{Start{&bounds.slot()}...} {
    const detail::Publication &publication = *std::get<0>(std::tie(bounds...)).slot().publication;
    for (;;) {
      const std::uint64_t before = publication.count.load(std::memory_order_acquire);
      if (before % 2 == 0) {
        std::apply([&](auto &...pins) { (pins.pin.take(*pins.slot), ...); }, pins_);
        // A slot value stored after the odd count was read with acquire, so this load cannot miss that count.
        if (publication.count.load(std::memory_order_acquire) == before) return;
      }
      __builtin_ia32_pause();
    }
  }

  /// The table of the contract that was given at that place, or of that type.
  template <std::size_t Index>
  const auto &get() const noexcept {
    return *std::get<Index>(pins_).pin;
  }
  template <class C>
  const C &get() const noexcept {
    return *std::get<Held<C>>(pins_).pin;
  }

private:
  struct Start {
    const Slot *slot;
  };
  template <class C>
  struct Held {
    Held(Start start) noexcept : slot(start.slot), pin(*start.slot) {}
    const Slot *slot;
    Pinned<C> pin;
  };

  std::tuple<Held<Contracts>...> pins_;
};

} // namespace graft
