// See handed_over.hpp.
#include "handed_over.hpp"

#include "image_state.hpp"

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace graft::jit {
namespace {

bool is_of(void *dso_handle, const void *memory) {
  return image_of(dso_handle).owns(reinterpret_cast<std::uintptr_t>(memory));
}

/// The text stays the image's while it lives, which may still change it.
int put_variable(char *text, void *dso_handle) {
  if (is_of(dso_handle, text)) image_of(dso_handle).left_behind.note_variable();
  return ::putenv(text);
}

/// A stream is given no buffer in an image's memory, but takes one of its own where it needs one.
///
/// Rationale: it could not be taken back. Who closed the stream since, or gave it another buffer, told nobody. What is in a
/// buffer is undefined anyway; its size decides only when something is written.
int set_buffer(FILE *stream, char *buffer, int mode, std::size_t bytes, void *dso_handle) {
  return ::setvbuf(stream, is_of(dso_handle, buffer) ? nullptr : buffer, mode, bytes);
}

void set_sized_buffer(FILE *stream, char *buffer, std::size_t bytes, void *dso_handle) {
  (void)set_buffer(stream, buffer, buffer == nullptr ? _IONBF : _IOFBF, bytes, dso_handle); // has nobody to tell
}

void set_plain_buffer(FILE *stream, char *buffer, void *dso_handle) {
  set_sized_buffer(stream, buffer, BUFSIZ, dso_handle);
}

} // namespace

const void *handed_over_function(std::string_view name) {
  const auto untyped = [](auto *function) { return reinterpret_cast<const void *>(function); };
  if (name == "graft.putenv") return untyped(put_variable);
  if (name == "graft.setvbuf") return untyped(set_buffer);
  if (name == "graft.setbuffer") return untyped(set_sized_buffer);
  if (name == "graft.setbuf") return untyped(set_plain_buffer);
  return nullptr;
}

std::vector<std::string> copy_variables(const Image &image) {
  std::vector<std::string> texts; // copied first: what is set moves the others
  for (char **text = ::environ; text != nullptr && *text != nullptr; ++text)
    if (image.owns(reinterpret_cast<std::uintptr_t>(*text))) texts.emplace_back(*text);
  std::vector<std::string> words;
  for (const std::string &text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) continue; // overwritten since, and no variable any more
    const std::string name = text.substr(0, equals);
    if (::setenv(name.c_str(), text.c_str() + equals + 1, /*replace=*/1) != 0) continue; // no memory
    words.push_back("the text of " + name + " in the environment (putenv)");
  }
  return words;
}

} // namespace graft::jit
