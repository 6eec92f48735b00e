// See shown.hpp. Numbers are written so that they read back as the same number.
#include "shown.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace graft::repl {
namespace {

thread_local Shown *current = nullptr;

void add(std::string_view text) {
  if (current != nullptr) current->text += text;
}

template <class Number, class... How>
void add_number(Number value, How... how) {
  char digits[64];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, value, how...);
  add({digits, static_cast<std::size_t>(end.ptr - digits)});
}

template <class Number>
void add_real(Number value) {
  char digits[64];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, value);
  std::string_view text(digits, static_cast<std::size_t>(end.ptr - digits));
  add(text);
  if (text.find_first_of(".en") == text.npos) add(".0"); // "en": exponents, infinities, not-a-numbers
}

void add_escaped(char c, char quote) {
  switch (c) {
  case '\n':
    return add("\\n");
  case '\t':
    return add("\\t");
  case '\r':
    return add("\\r");
  case '\0':
    return add("\\0");
  case '\\':
    return add("\\\\");
  default:
    break;
  }
  if (c == quote) add("\\");
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte < 0x7f) return add({&c, 1});
  add(byte < 0x10 ? "\\x0" : "\\x");
  add_number(static_cast<unsigned>(byte), 16);
}

/// How many bytes at the beginning of `text` are one character of UTF-8 beyond ASCII; 0: none.
std::size_t sequence_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t size = byte(0) >= 0xf0 && byte(0) < 0xf5 ? 4 : byte(0) >= 0xe0 && byte(0) < 0xf0 ? 3 : byte(0) >= 0xc2 && byte(0) < 0xe0 ? 2 : 0;
  if (size == 0 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if ((byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xf0 && byte(1) < 0x90)) return 0; // longer than need be
  if ((byte(0) == 0xed && byte(1) > 0x9f) || (byte(0) == 0xf4 && byte(1) > 0x8f)) return 0; // no character
  return size;
}

__extension__ using Complex = _Complex double; // as C has it
__extension__ using WideInt = __int128;
__extension__ using WideUint = unsigned __int128;

void add_wide(WideUint value) {
  char digits[40];
  char *begin = digits + sizeof digits;
  do *--begin = static_cast<char>('0' + static_cast<int>(value % 10));
  while ((value /= 10) != 0);
  add({begin, static_cast<std::size_t>(digits + sizeof digits - begin)});
}

/// What the user's overloads print, which may show other values by overloads: the outermost one's output is caught.
thread_local int own_depth = 0;
thread_local int caught = -1, before_caught = -1; ///< descriptors: of what is printed meanwhile, and of what stdout was

} // namespace

extern "C" {
static void show_own_begin() {
  if (own_depth++ != 0) return;
  std::fflush(nullptr);
  caught = ::memfd_create("shown", MFD_CLOEXEC);
  before_caught = caught < 0 ? -1 : ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (before_caught >= 0) ::dup2(caught, STDOUT_FILENO);
}
static void show_own_end() {
  if (--own_depth != 0) return;
  std::fflush(nullptr);
  if (before_caught >= 0) {
    ::dup2(before_caught, STDOUT_FILENO);
    ::close(before_caught);
    std::string text;
    char part[4096];
    ::lseek(caught, 0, SEEK_SET);
    for (ssize_t size = 0; (size = ::read(caught, part, sizeof part)) > 0;) text.append(part, static_cast<std::size_t>(size));
    while (text.ends_with('\n')) text.pop_back(); // a value has its line
    add(text);
  }
  if (caught >= 0) ::close(caught);
}
static void show_raw(const char *text, unsigned long size) { add({text, size}); }
static void show_text(const char *text, unsigned long size) {
  add("\"");
  for (std::string_view rest(text, size); !rest.empty();) {
    const std::size_t sequence = sequence_at(rest);
    if (sequence == 0) add_escaped(rest[0], '"');
    if (sequence != 0) add(rest.substr(0, sequence));
    rest.remove_prefix(sequence == 0 ? 1 : sequence);
  }
  add("\"");
}
static void show_type(const char *name, unsigned number) {
  add(name);
  if (current != nullptr && current->outdated != nullptr && current->outdated->contains(number)) add(" (as it was before it was redefined) ");
}
static void show_bool(int value) { add(value != 0 ? "true" : "false"); }
static void show_char(char value) {
  add("'");
  add_escaped(value, '\'');
  add("'");
}
static void show_int(long long value) { add_number(value); }
static void show_uint(unsigned long long value) { add_number(value); }
static void show_wide_uint(WideUint value) { add_wide(value); }
static void show_wide_int(WideInt value) {
  if (value < 0) add("-");
  add_wide(value < 0 ? -static_cast<WideUint>(value) : static_cast<WideUint>(value));
}
static void show_float(float value) { add_real(value); }
static void show_double(double value) { add_real(value); }
static void show_long_double(long double value) { add_real(value); }
static void show_complex(Complex value) {
  add("(");
  add_real(__real__ value);
  add(", ");
  add_real(__imag__ value);
  add(")");
}
static void show_pointer(const void *value) {
  if (value == nullptr) return add("nullptr");
  add("0x");
  add_number(reinterpret_cast<std::uintptr_t>(value), 16);
}
static void show_c_string(const char *value) {
  if (value == nullptr) return add("nullptr");
  show_text(value, std::strlen(value));
}
static void show_time(long long nanoseconds) {
  std::time_t seconds = static_cast<std::time_t>(nanoseconds / 1'000'000'000);
  if (nanoseconds % 1'000'000'000 < 0) --seconds;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  add({text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts)});
}
}

Shown::Shown() : before_(current) { current = this; }
Shown::~Shown() { current = before_; }

std::vector<jit::Symbol> shown_symbols() {
  const auto address = [](auto *function) { return reinterpret_cast<const void *>(function); };
  return {{"graft_show_raw", address(show_raw)},
          {"graft_show_text", address(show_text)},
          {"graft_show_type", address(show_type)},
          {"graft_show_own_begin", address(show_own_begin)},
          {"graft_show_own_end", address(show_own_end)},
          {"graft_show_bool", address(show_bool)},
          {"graft_show_char", address(show_char)},
          {"graft_show_int", address(show_int)},
          {"graft_show_uint", address(show_uint)},
          {"graft_show_wide_int", address(show_wide_int)},
          {"graft_show_wide_uint", address(show_wide_uint)},
          {"graft_show_float", address(show_float)},
          {"graft_show_double", address(show_double)},
          {"graft_show_long_double", address(show_long_double)},
          {"graft_show_complex", address(show_complex)},
          {"graft_show_pointer", address(show_pointer)},
          {"graft_show_c_string", address(show_c_string)},
          {"graft_show_time", address(show_time)}};
}

} // namespace graft::repl
