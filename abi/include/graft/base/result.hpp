// `Result<T>`: a value or an `Error`. Nothing here throws; asking for a value that is not there is a bug of the caller and ends
// the process with the error's text.
#pragma once

#include <concepts>
#include <expected>
#include <type_traits>
#include <utility>

#include "assert.hpp"
#include "error.hpp"

namespace graft {

template <class T>
concept Arrow = requires(T &value) { value.operator->(); };

/// A value of type T, or why there is none.
///
/// `operator->` drills through a T that has an arrow of its own (a `unique_ptr`, a `Bound`), so that
/// `runtime->load(...)` reads the same for a `Result<std::unique_ptr<Runtime>>`.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(const T &value) : state_(value) {}
  Result(T &&value) : state_(std::move(value)) {}
  template <class U>
    requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, Result> &&
             !std::same_as<std::remove_cvref_t<U>, Error>)
  Result(U &&value) : state_(std::in_place, std::forward<U>(value)) {}
  Result(Error error) : state_(std::unexpect, std::move(error)) {}

  bool has_value() const noexcept { return state_.has_value(); }
  explicit operator bool() const noexcept { return state_.has_value(); }

  T &operator*() & { return checked(); }
  const T &operator*() const & { return const_cast<Result *>(this)->checked(); }
  T &&operator*() && { return std::move(checked()); }

  decltype(auto) operator->() {
    if constexpr (Arrow<T>) {
      return (checked());
    } else {
      return &checked();
    }
  }

  decltype(auto) operator->() const {
    if constexpr (Arrow<const T>) {
      return std::as_const(const_cast<Result *>(this)->checked());
    } else {
      return &std::as_const(const_cast<Result *>(this)->checked());
    }
  }

  const Error &error() const & {
    GRAFT_ASSERT(!state_.has_value(), "error() of a result that holds a value");
    return state_.error();
  }
  Error &&error() && {
    GRAFT_ASSERT(!state_.has_value(), "error() of a result that holds a value");
    return std::move(state_).error();
  }
  Code code() const noexcept { return state_.has_value() ? Code::kOk : state_.error().code; }

 private:
  T &checked() {
    if (!state_.has_value()) [[unlikely]] {
      assert_failed(state_.error().text().c_str(), __FILE__, __LINE__);
    }
    return *state_;
  }

  std::expected<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : state_(std::unexpect, std::move(error)) {}

  bool has_value() const noexcept { return state_.has_value(); }
  explicit operator bool() const noexcept { return state_.has_value(); }
  const Error &error() const & {
    GRAFT_ASSERT(!state_.has_value(), "error() of a result that holds a value");
    return state_.error();
  }
  Error &&error() && {
    GRAFT_ASSERT(!state_.has_value(), "error() of a result that holds a value");
    return std::move(state_).error();
  }
  Code code() const noexcept { return state_.has_value() ? Code::kOk : state_.error().code; }

 private:
  std::expected<void, Error> state_;
};

/// Drops a result on purpose; `why` says why that is safe.
template <class T>
void ignore(const Result<T> &, const char * /*why*/) {}

}  // namespace graft

#define GRAFT_CONCAT_(a, b) a##b
#define GRAFT_CONCAT(a, b) GRAFT_CONCAT_(a, b)

/// Returns the error of `expression`, if it has one, from the enclosing function.
#define GRAFT_TRY(...)                                          \
  do {                                                          \
    auto graft_try_result = (__VA_ARGS__);                      \
    if (!graft_try_result) [[unlikely]]                         \
      return std::move(graft_try_result).error();               \
  } while (false)

/// Declares or assigns `target` from the value of a result, or returns its error from the enclosing function.
#define GRAFT_TRY_ASSIGN(target, ...) GRAFT_TRY_ASSIGN_(GRAFT_CONCAT(graft_try_, __LINE__), target, __VA_ARGS__)
#define GRAFT_TRY_ASSIGN_(name, target, ...)        \
  auto name = (__VA_ARGS__);                        \
  if (!name) [[unlikely]]                           \
    return std::move(name).error();                 \
  target = *std::move(name)
