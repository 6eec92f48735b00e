// What graft is measured beside: a compiler that is spawned, and dlopen.
#pragma once

#include <string>
#include <vector>

namespace graft::bench {

/// Compiles `text` to a fresh shared library with `compiler` and returns its path; ends the process when that fails.
std::string spawn_compile(const char *compiler, const std::vector<const char *> &flags, const std::string &text);
/// Whether a compiler is on this machine.
bool is_installed(const char *compiler);
/// Runs a program and waits for it; ends the process when that fails.
void spawn(const std::vector<std::string> &words);
/// `dlopen`, `dlsym`; the handle comes back for `dlclose`.
void *open_and_find(const std::string &library, const char *symbol, void **handle);

} // namespace graft::bench
