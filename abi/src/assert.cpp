// The end of a process whose own promise was broken: the one place in base that prints and stops.
#include <graft/base/assert.hpp>

#include <cstdio>
#include <cstdlib>

namespace graft {

void assert_failed(const char *sentence, const char *file, int line) noexcept {
  std::fprintf(stderr, "graft: %s:%d: %s\n", file, line, sentence);
  std::abort();
}

} // namespace graft
