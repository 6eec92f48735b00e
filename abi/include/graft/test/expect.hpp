// Expectations in C++: whatever has the operator, shown as well as it can be: by `to_string` or `<<` that its own namespace has, element
// by element, or as its size. Authors include test.h.
#ifndef GRAFT_TEST_EXPECT_HPP
#define GRAFT_TEST_EXPECT_HPP

#include "record.h"

#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <cxxabi.h>
#include <exception>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace graft::testing {

template <class T>
void make(void *memory) {
  ::new (memory) T();
}
template <class T>
void destroy(void *object) {
  static_cast<T *>(object)->~T();
}

/// What C's expectations compare, too: without a surprise between signed and unsigned.
template <class T>
concept Scalar = std::is_arithmetic_v<T> || std::is_null_pointer_v<T> ||
                 (std::is_pointer_v<T> && !std::is_function_v<std::remove_pointer_t<T>>) ||
                 (std::is_enum_v<T> && std::is_convertible_v<T, long long>);
template <class T>
concept Text = std::convertible_to<const T &, std::string_view>;

template <Scalar T>
graft_test_value value_of(T value) {
  if constexpr (std::is_null_pointer_v<T>)
    return {GRAFT_TEST_POINTER, 0, 0, 0};
  else if constexpr (std::is_same_v<T, char *> || std::is_same_v<T, const char *>)
    return {GRAFT_TEST_CHARACTERS, 0, reinterpret_cast<std::uintptr_t>(value), 0};
  else if constexpr (std::is_pointer_v<T>)
    return {GRAFT_TEST_POINTER, 0, reinterpret_cast<std::uintptr_t>(value), 0};
  else if constexpr (std::is_floating_point_v<T>)
    return {GRAFT_TEST_REAL, 0, 0, static_cast<double>(value)};
  else if constexpr (std::is_same_v<T, bool>)
    return {GRAFT_TEST_BOOL, 0, value ? 1u : 0u, 0};
  else if constexpr (std::is_same_v<T, char>)
    return {GRAFT_TEST_CHARACTER, 0, static_cast<std::uint64_t>(static_cast<std::int64_t>(value)), 0};
  else if constexpr (std::is_unsigned_v<T>)
    return {GRAFT_TEST_UNSIGNED, 0, value, 0};
  else
    return {GRAFT_TEST_SIGNED, 0, static_cast<std::uint64_t>(static_cast<long long>(value)), 0};
}

template <class T>
std::string show(const T &value) {
  std::ostringstream out;
  if constexpr (Text<T>)
    out << '"' << std::string_view(value) << '"';
  else if constexpr (std::is_same_v<T, bool>)
    out << (value ? "true" : "false");
  else if constexpr (requires { std::string(to_string(value)); })
    out << std::string(to_string(value));
  else if constexpr (requires { out << value; })
    out << value;
  else if constexpr (requires { value.has_value(), *value; })
    out << (value.has_value() ? show(*value) : "nothing");
  else if constexpr (requires { value.first, value.second; })
    out << '(' << show(value.first) << ", " << show(value.second) << ')';
  else if constexpr (requires { value.begin() != value.end(); }) {
    out << '{';
    const char *between = "";
    for (const auto &element : value) out << std::exchange(between, ", ") << show(element);
    out << '}';
  } else if constexpr (std::is_enum_v<T>)
    out << static_cast<long long>(value);
  else
    out << "an object of " << sizeof value << " bytes";
  return out.str();
}

template <graft_test_operation Operation, class A, class B>
bool compare(const graft_test_site &site, const A &a, const B &b) {
  if constexpr (Scalar<std::decay_t<A>> && Scalar<std::decay_t<B>>) {
    return graft_test_compare(&site, value_of(std::decay_t<A>(a)), value_of(std::decay_t<B>(b))) != 0;
  } else {
    const bool holds = [&]() -> bool {
      if constexpr (Operation == GRAFT_TEST_EQ) return a == b;
      else if constexpr (Operation == GRAFT_TEST_NE) return a != b;
      else if constexpr (Operation == GRAFT_TEST_LT) return a < b;
      else if constexpr (Operation == GRAFT_TEST_LE) return a <= b;
      else if constexpr (Operation == GRAFT_TEST_GT) return a > b;
      else return a >= b;
    }();
    if (!holds) graft_test_differs(&site, show(a).c_str(), show(b).c_str());
    return holds;
  }
}

inline graft_str text_of(graft_str text) { return text; }
inline graft_str text_of(const graft_buf &text) { return {text.data, text.size}; }
inline graft_str text_of(const char *text) { return {text, text ? std::string_view(text).size() : 0}; }
inline graft_str text_of(std::string_view text) { return {text.data(), text.size()}; }
inline graft_str text_of(const std::string &text) { return {text.data(), text.size()}; }

/// What is in flight, in a handler: a number or a text as itself, anything else by its type.
inline std::string thrown_now() {
  try {
    throw;
  } catch (const std::exception &caught) {
    return caught.what();
  } catch (int caught) {
    return "the int " + std::to_string(caught);
  } catch (const char *caught) {
    return caught ? "\"" + std::string(caught) + '"' : "a null text";
  } catch (const std::string &caught) {
    return "the std::string \"" + caught + '"';
  } catch (...) {
    int failure = 0;
    const std::type_info *type = ::abi::__cxa_current_exception_type();
    char *name = type ? ::abi::__cxa_demangle(type->name(), nullptr, nullptr, &failure) : nullptr;
    const std::string text = name ? "an object of type " + std::string(name) : "something that is not C++'s";
    std::free(name);
    return text;
  }
}

enum class Thrown : bool { kNothing, kSomethingElse };

inline void wrong_throw(const graft_test_site &site, Thrown thrown, const char *what) {
  if (thrown == Thrown::kNothing)
    graft_test_fail(site.file, site.line, "Expected: %s throws %s\n  Actual: it throws nothing", site.a_text, site.b_text);
  else
    graft_test_fail(site.file, site.line, "Expected: %s throws %s\n  Actual: it throws %s", site.a_text, site.b_text, what);
}

} // namespace graft::testing

#define GRAFT_EXPECT_(operation, a, b, a_text, b_text, otherwise)                                   \
  do {                                                                                              \
    const graft_test_site graft_test_here = {__FILE__, a_text, b_text, __LINE__, operation};        \
    if (!graft::testing::compare<operation>(graft_test_here, a, b)) otherwise;                      \
  } while (0)
#define GRAFT_EXPECT_TEXT_(operation, a, b, a_text, b_text, otherwise)                              \
  do {                                                                                              \
    const graft_test_site graft_test_here = {__FILE__, a_text, b_text, __LINE__, operation};        \
    if (!graft_test_compare_text(&graft_test_here, graft::testing::text_of(a), graft::testing::text_of(b))) otherwise; \
  } while (0)

#define GRAFT_EXPECT_THROW_(statement, type, text, type_text, otherwise)                            \
  do {                                                                                              \
    const graft_test_site graft_test_here = {__FILE__, text, type_text, __LINE__, GRAFT_TEST_EQ};   \
    bool graft_test_threw = false;                                                                  \
    try {                                                                                           \
      try { /* of its own, so that `type` may be one that is caught below */                        \
        statement;                                                                                  \
        graft::testing::wrong_throw(graft_test_here, graft::testing::Thrown::kNothing, "");         \
      } catch (const type &) {                                                                      \
        graft_test_threw = true;                                                                    \
      }                                                                                             \
    } catch (const std::exception &graft_test_other) {                                              \
      graft::testing::wrong_throw(graft_test_here, graft::testing::Thrown::kSomethingElse, graft_test_other.what()); \
    } catch (...) {                                                                                 \
      graft::testing::wrong_throw(graft_test_here, graft::testing::Thrown::kSomethingElse, graft::testing::thrown_now().c_str()); \
    }                                                                                               \
    if (!graft_test_threw) otherwise;                                                               \
  } while (0)
#define GRAFT_EXPECT_NO_THROW_(statement, text, otherwise)                                          \
  do {                                                                                              \
    bool graft_test_threw = true;                                                                   \
    try {                                                                                           \
      statement;                                                                                    \
      graft_test_threw = false;                                                                     \
    } catch (const std::exception &graft_test_other) {                                              \
      graft_test_fail(__FILE__, __LINE__, "Expected: %s throws nothing\n  Actual: it throws %s", text, graft_test_other.what()); \
    } catch (...) {                                                                                 \
      graft_test_fail(__FILE__, __LINE__, "Expected: %s throws nothing\n  Actual: it throws %s", text,  \
                      graft::testing::thrown_now().c_str());                                        \
    }                                                                                               \
    if (graft_test_threw) otherwise;                                                                \
  } while (0)

#endif
