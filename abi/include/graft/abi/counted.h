/* Included first, by the runtime, into the sources of a bundle with a memory quota: strings and streams become the bundle's
 * own code instead of the C++ library's, so that what they allocate is counted where it is given back. Nothing for a plugin
 * author to include. */
#ifndef GRAFT_ABI_COUNTED_H
#define GRAFT_ABI_COUNTED_H

#if defined(__cplusplus) && __has_include(<bits/c++config.h>)
#include <bits/c++config.h>
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 0
#endif

#endif
