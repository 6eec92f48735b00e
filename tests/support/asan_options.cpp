// Part of every test program, for one that is built with AddressSanitizer and for what it starts. LLVM's allocators,
// compiled by us from its headers, forbid memory that the same allocators in its library, compiled without, hand out.
#include <cstdlib>

#if __has_feature(address_sanitizer)

static constexpr const char *kOptions = "allow_user_poisoning=0";
static const int kForChildren = ::setenv("ASAN_OPTIONS", kOptions, /*overwrite=*/0);

extern "C" const char *__asan_default_options() { return kOptions; }

#endif
