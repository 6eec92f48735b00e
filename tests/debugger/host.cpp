// A host for a debugger: loads the bundle that it is given, calls it, reloads it from the second folder, and calls it again.
#include <graft/call.hpp>
#include <graft/runtime.hpp>

#include <cstdio>

int main(int, char **argv) {
  auto runtime = graft::Runtime::create();
  if (const auto loaded = runtime->load(argv[1]); !loaded) return std::puts(loaded.error().text().c_str()), 1;
  const auto call = [&] { return graft::call_by_name(**runtime, "test.thing.work", {"20"}); };
  if (!call()) return 1;
  if (const auto reloaded = runtime->reload(argv[2]); !reloaded) return std::puts(reloaded.error().text().c_str()), 1;
  return call() ? 0 : 1;
}
