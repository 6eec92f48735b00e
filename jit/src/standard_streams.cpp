// See handlers.hpp.
#include "handlers.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ext/stdio_sync_filebuf.h>
#include <istream>
#include <ostream>
#include <string>
#include <vector>

// As <iostream> declares them, which would also construct something of ours before main.
extern std::istream graft_cin asm("_ZSt3cin");
extern std::ostream graft_cout asm("_ZSt4cout");
extern std::ostream graft_cerr asm("_ZSt4cerr");
extern std::ostream graft_clog asm("_ZSt4clog");
extern std::wistream graft_wcin asm("_ZSt4wcin");
extern std::wostream graft_wcout asm("_ZSt5wcout");
extern std::wostream graft_wcerr asm("_ZSt5wcerr");
extern std::wostream graft_wclog asm("_ZSt5wclog");

namespace graft::jit {
namespace {

bool is_of(const Image &image, const void *address) { return image.owns(reinterpret_cast<std::uintptr_t>(address)); }

/// What the C++ library itself begins with. Never destroyed, as the streams are not that have it.
template <class Character>
std::basic_streambuf<Character> *own_buffer(FILE *file) {
  using Buffer = __gnu_cxx::stdio_sync_filebuf<Character>;
  static Buffer *const in = new Buffer(stdin);
  static Buffer *const out = new Buffer(stdout);
  static Buffer *const err = new Buffer(stderr);
  return file == stdin ? in : file == stdout ? out : err;
}

/// Whether it lies in the image, where it may be destroyed by now, or is of one of its classes.
template <class Character>
bool is_buffer_of(const Image &image, const std::basic_streambuf<Character> *buffer) {
  if (buffer == nullptr || is_of(image, buffer)) return buffer != nullptr;
  const void *table = nullptr;
  std::memcpy(&table, static_cast<const void *>(buffer), sizeof table);
  return is_of(image, table);
}

/// Rationale: not the buffer that was there before, which nobody knows to be alive.
template <class Character>
void take_back_buffer(const Image &image, std::basic_ios<Character> &stream, FILE *file, const char *name,
                      std::vector<std::string> &words) {
  if (!is_buffer_of(image, stream.rdbuf())) return;
  stream.rdbuf(own_buffer<Character>(file));
  words.push_back("the buffer of " + std::string(name) + " (rdbuf)");
}

} // namespace

std::vector<std::string> take_back_streams(const Image &image) {
  const std::ios_base::Init streams; // constructs them where nobody has used them yet
  std::vector<std::string> words;
  take_back_buffer(image, graft_cin, stdin, "std::cin", words);
  take_back_buffer(image, graft_cout, stdout, "std::cout", words);
  take_back_buffer(image, graft_cerr, stderr, "std::cerr", words);
  take_back_buffer(image, graft_clog, stderr, "std::clog", words);
  take_back_buffer(image, graft_wcin, stdin, "std::wcin", words);
  take_back_buffer(image, graft_wcout, stdout, "std::wcout", words);
  take_back_buffer(image, graft_wcerr, stderr, "std::wcerr", words);
  take_back_buffer(image, graft_wclog, stderr, "std::wclog", words);
  return words;
}

} // namespace graft::jit
