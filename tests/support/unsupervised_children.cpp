// Part of test programs that start what is to crash, built with AddressSanitizer: it would answer for the crashes of the
// programs that they start, and count what the texts that those run have not given back.
#include <cstdlib>

#if __has_feature(address_sanitizer)

static const int kForChildren = ::setenv("ASAN_OPTIONS",
                                         "allow_user_poisoning=0:detect_leaks=0:handle_abort=0:handle_segv=0:handle_sigbus=0:"
                                         "handle_sigfpe=0:handle_sigill=0",
                                         /*overwrite=*/1);

#endif
