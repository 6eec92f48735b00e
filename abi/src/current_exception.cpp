// Asks the C++ runtime for the type and rethrows for the text.
#include <graft/base/current_exception.hpp>
#include <graft/base/stack_overflow.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <typeinfo>

namespace graft {
namespace {

std::string demangled(const char *name) {
  int status = 0;
  char *text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string result = status == 0 && text != nullptr ? text : name;
  std::free(text);
  return result;
}

} // namespace

std::string describe_current_exception() noexcept {
  const std::type_info *type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "a foreign exception";
  const std::string name = demangled(type->name());
  try {
    throw;
  } catch (const std::exception &caught) {
    const char *const what = caught.what();
    return name + (what == nullptr ? " without a text" : ": " + std::string(what));
  } catch (const StackOverflow &) {
    return "a stack overflow";
  } catch (const char *text) {
    return text == nullptr ? "a null text" : std::string("\"") + text + "\"";
  } catch (...) {
    return "an object of type " + name;
  }
}

Error thrown_error(const std::string &who) {
  try {
    throw;
  } catch (const StackOverflow &overflow) {
    const std::string place = overflow.place();
    return error(Code::kStackLimit, who + " ran out of stack" + (place.empty() ? "" : " in " + place));
  } catch (...) {
    return error(Code::kException, who + " threw " + describe_current_exception());
  }
}

} // namespace graft
