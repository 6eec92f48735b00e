// Which of Clang's flags a bundle may ask for. An allow-list: what can write files, read arguments from files, load code or
// change how the object is linked is not on it, and neither is what nobody thought of.
#pragma once

#include <graft/base/result.hpp>

#include <string>
#include <vector>

namespace graft {

/// Whether the flag at `index` may be passed on; it is taken together with its value when that stands in the next element
/// (`-I`, `dir`), and `index` moves past both. Fails with kInvalid and a sentence that names the flag, without a place.
Result<void> check_flag(const std::vector<std::string> &flags, std::size_t &index);

/// The same flags with every relative include directory made absolute against `directory`, in joined form.
std::vector<std::string> resolve_flags(const std::vector<std::string> &flags, const std::string &directory);

} // namespace graft
