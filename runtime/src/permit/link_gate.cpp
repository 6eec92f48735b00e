// See link_gate.hpp. What no permission covers is not there for a closed set: functions of the host's program, of other
// libraries.
#include "link_gate.hpp"

#include "../observe/object_symbols.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdarg>

namespace graft {
namespace {

/// "'fs'", "one of 'fs', 'net'".
std::string in_words(const std::vector<std::string> &names) {
  std::string text = names.size() > 1 ? "one of " : "";
  for (const std::string &name : names) text += (&name == names.data() ? "'" : ", '") + name + "'";
  return text;
}

bool is_sanitizers(std::string_view symbol) {
  return symbol.starts_with("__asan_") || symbol.starts_with("__ubsan_") || symbol.starts_with("__sanitizer_");
}

long futex_or_nothing(long number, ...) {
  if (number != SYS_futex) return errno = EPERM, -1;
  va_list list;
  va_start(list, number);
  long arguments[6];
  for (long &argument : arguments) argument = va_arg(list, long);
  va_end(list);
  return ::syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

} // namespace

const void *futex_alone() { return reinterpret_cast<const void *>(futex_or_nothing); }

bool LinkGate::allows(std::string_view symbol) const {
  if (sanitized_ == Sanitized::kYes && is_sanitizers(symbol)) return true;
  const auto needs = names_.needs_of(symbol);
  if ((granted_ & kWholeProcess) != 0) { // all but what the host took away
    const PermissionBits ways = needs.value_or(0) & ~kWholeProcess;
    return ways == 0 || (ways & granted_) != 0;
  }
  return needs && (*needs == 0 || (granted_ & *needs) != 0);
}

Error LinkGate::refuse(const std::vector<std::string> &symbols, const Artifact &artifact) const {
  Error failure = error(Code::kRefused, {});
  PermissionBits missing = 0;
  lacks_places_ = false;
  std::vector<std::string> sorted = symbols;
  std::ranges::sort(sorted);
  for (const std::string &symbol : sorted) {
    const PermissionBits needs = names_.needs_of(symbol).value_or(0);
    failure.message += (failure.message.empty() ? "'" : "; '") + demangle(symbol) + "'";
    const auto import = std::ranges::find_if(
        artifact.imports, [&](const Import &one) { return one.symbol == symbol && !one.where.file.empty(); });
    if (import != artifact.imports.end()) {
      failure.message += " at " + to_string(import->where);
      if (failure.where.file.empty()) failure.where = import->where;
    } else {
      lacks_places_ = true;
      if (const std::string asker = asker_of(artifact.objects, symbol); !asker.empty()) failure.message += " in " + asker;
    }
    if (needs == 0)
      failure.message += " is the host's or another library's, and a list of permissions leaves those out";
    else if ((needs & asked_) != 0)
      failure.message += " needs permission " + in_words(names_.names(needs & asked_)) + ", which the host took away";
    else if (needs == kWholeProcess)
      failure.message += " needs 'libc', all of the process";
    else {
      failure.message += " needs permission " + in_words(names_.names(needs));
      if (std::has_single_bit(needs)) missing |= needs;
    }
  }
  if (missing != 0) {
    std::string list;
    for (const std::string &name : names_.names(missing)) list += (list.empty() ? "\"" : ", \"") + name + "\"";
    failure.message += "; add " + list + " to 'permissions' in " + (manifest_.empty() ? "its graft.toml" : manifest_);
  }
  return failure;
}

} // namespace graft
