/* Compiler differences, in one place: annotations, linkage and constant initialisation for C11 to C23 and C++20 to C++23.
 *
 * Nothing here has a meaning of its own; `contract.h` says what the macros are for. Annotations are read by graft's compiler
 * driver from the AST, so they are empty for compilers that never see a bundle. */
#ifndef GRAFT_ABI_MACROS_H
#define GRAFT_ABI_MACROS_H

#if defined(__clang__)
#define GRAFT_ANNOTATE(...) __attribute__((annotate(__VA_ARGS__)))
#else
#define GRAFT_ANNOTATE(...)
#endif

#ifdef __cplusplus
#define GRAFT_CXX(...) __VA_ARGS__
#define GRAFT_CONSTINIT constinit
#define GRAFT_STATIC_ASSERT static_assert
#define GRAFT_C_BEGIN extern "C" {
#define GRAFT_C_END }
#else
#define GRAFT_CXX(...)
#define GRAFT_CONSTINIT
#define GRAFT_STATIC_ASSERT _Static_assert
#define GRAFT_C_BEGIN
#define GRAFT_C_END
#endif

/* Ends a declaration that a macro made, so that its user may write a semicolon behind it or leave it out. GCC warns of the extra one
 * when asked to be pedantic, so there it is required. */
#if defined(__clang__)
#define GRAFT_OPTIONAL_SEMICOLON ; _Pragma("clang diagnostic ignored \"-Wextra-semi\"")
#else
#define GRAFT_OPTIONAL_SEMICOLON
#endif

#define GRAFT_CAT_(a, b) a##b
#define GRAFT_CAT(a, b) GRAFT_CAT_(a, b)

#endif
