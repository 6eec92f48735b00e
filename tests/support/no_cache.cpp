// Part of every test program: whatever it compiles, the user's own cache is left alone, also in the processes that it
// starts. A test of the cache says where its cache is; a GRAFT_CACHE that is set already stays, for a run of everything from
// a warm one.
#include <cstdlib>

static const int kNoCache = ::setenv("GRAFT_CACHE", "off", /*overwrite=*/0);
