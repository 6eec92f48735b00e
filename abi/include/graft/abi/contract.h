/* How a contract is declared and provided. Plain C, so that every tool that reads C reads it.
 *
 *     GRAFT_CONTRACT(greeter, "demo.greeter", 1, 0) {
 *       graft_status (*greet)(graft_str name, graft_buf *out);
 *     };
 *     ...
 *     GRAFT_PROVIDE(greeter, { .greet = greet });
 *
 * A contract holds function pointers only and grows at its end only, within one major version; so does a struct that begins with
 * `uint32_t struct_size` and is handed over by pointer. A function returns `graft_status`, void, an integer, a float or double, a
 * pointer (a warning says for how long it is lent), or a struct of at most 16 bytes, and takes no `...`. C++ wants the designators
 * of GRAFT_PROVIDE in the order of the declaration. */
#ifndef GRAFT_ABI_CONTRACT_H
#define GRAFT_ABI_CONTRACT_H

#include "types.h"

GRAFT_C_BEGIN

/* What a contract calls itself. `name` lives as long as the code that declares it. */
typedef struct graft_contract_info {
  uint32_t struct_size;
  uint16_t major, minor;
  const char *name;
} graft_contract_info;

/* One implementation of one contract: `table` points at `table_size` bytes of function pointers. */
typedef struct graft_provider {
  uint32_t struct_size;
  uint32_t table_size;
  const graft_contract_info *contract;
  const void *table;
} graft_provider;

GRAFT_C_END

/* What is known of contract `tag` before its struct: its name, and that it is a type. */
#define GRAFT_CONTRACT_NAME_(tag, name, major, minor)                                               \
  __attribute__((unused)) static const graft_contract_info graft_contract_##tag = {                 \
      sizeof(graft_contract_info), (major), (minor), "" name};                                      \
  typedef struct tag tag;                                                                           \
  GRAFT_CXX(extern "C++" constexpr graft_contract_info graft_contract_of(const tag *) noexcept {    \
    return {sizeof(graft_contract_info), (major), (minor), "" name};                                \
  })

/* Declares contract `tag`: a struct type of that tag, found everywhere as "NAME" at `major`.`minor`. The `extern "C++"` function is
 * found by argument-dependent look-up, so that it works inside a namespace and inside `extern "C"`. */
#define GRAFT_CONTRACT(tag, name, major, minor)                                                     \
  GRAFT_CONTRACT_NAME_(tag, name, major, minor)                                                     \
  struct GRAFT_ANNOTATE("graft.contract", "" name, (major), (minor)) tag

/* Provides contract `tag` with the given table, once per bundle. Variadic, because an initialiser has commas of its own; the
 * record is declared `extern` first, because a `const` at namespace scope is internal in C++; `aligned(8)`, because g++ pads
 * section records to 16 bytes otherwise. */
#define GRAFT_PROVIDE(tag, ...)                                                                     \
  static GRAFT_CONSTINIT const struct tag graft_table_##tag = __VA_ARGS__;                          \
  GRAFT_C_BEGIN                                                                                     \
  extern __attribute__((visibility("default"))) const graft_provider graft_provider_##tag;          \
  GRAFT_ANNOTATE("graft.provide", #tag)                                                             \
  __attribute__((used, section("graft_providers"), aligned(8)))                                     \
  const graft_provider graft_provider_##tag = {sizeof(graft_provider), sizeof(struct tag),          \
                                               &graft_contract_##tag, &graft_table_##tag};          \
  GRAFT_C_END                                                                                       \
  GRAFT_STATIC_ASSERT(sizeof(struct tag) % sizeof(void (*)(void)) == 0,                             \
                      "a contract holds function pointers only") GRAFT_OPTIONAL_SEMICOLON

#endif
