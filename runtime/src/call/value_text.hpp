// C values as text and JSON, and back, led by a TypeTable: what calls by name and their results are made of.
//
// `graft_str`, `graft_buf` and `const char *` are text; structs are objects; arrays are lists, arrays of char text; an
// enumeration is its enumerator's name, or a number that has none. A pointer that points at nothing describable is its
// address.
#pragma once

#define JSON_NOEXCEPTION 1
#include <graft/abi.h>
#include <graft/base/result.hpp>
#include <graft/base/types.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace graft {

using Json = nlohmann::ordered_json;

/// One line of JSON, whatever bytes its strings hold.
std::string to_text(const Json &value);

/// Zeroed memory for one call's arguments. Owns: the blocks, and the buffers that came from the host's allocator.
class CallMemory {
 public:
  explicit CallMemory(const graft_host *host) : host_(host) {}
  ~CallMemory();
  CallMemory(const CallMemory &) = delete;

  void *take(std::size_t bytes);
  const char *keep(const std::string &text);
  /// The buffer's memory goes back to the host when the call is over.
  void own(graft_buf *buffer) { buffers_.push_back(buffer); }
  const graft_host *host() const { return host_; }

 private:
  const graft_host *host_;
  std::vector<std::unique_ptr<std::max_align_t[]>> blocks_;
  std::vector<graft_buf *> buffers_;
};

/// A value that is about to be written: its type, and what messages call it.
struct Target {
  const TypeTable &table;
  TypeIndex type;
  std::string name; ///< "parameter 'at'", "parameter 'at.x'"
};

bool is_text_struct(const Type &type);   ///< graft_str
bool is_buffer_struct(const Type &type); ///< graft_buf
bool is_character(const Type &type);
/// The type as a message shows it: `graft_str`, not `struct graft_str`.
std::string type_word(const TypeTable &table, TypeIndex type);

/// The text of one argument as JSON of the form that its type wants: text stays text, numbers also 0x and 0b, structs and
/// arrays JSON.
Result<Json> parse_argument(const Target &target, const std::string &text);
/// Writes `value` as the target's type to `to`, which is zeroed. kInvalid names target, type and value; kUnsupported the
/// type.
Result<void> store_value(const Target &target, const Json &value, std::byte *to, CallMemory &memory);
/// Reads a value of that type.
Json load_value(const TypeTable &table, TypeIndex type, const std::byte *from);

} // namespace graft
