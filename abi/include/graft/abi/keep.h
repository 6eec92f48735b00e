/* State that outlives a reload: which variables are kept, and how an old value becomes a new one where types differ.
 *
 *     GRAFT_KEEP static struct score best;
 *
 * A kept variable lives outside of all versions of its bundle and is known by its name, its namespaces and, where two files keep a
 * static of one name, its file. While its type stays the same, so does its address, and a reload neither copies nor constructs it: old
 * and new code share it until the last old call returned. When the type changed, a new object is built field by field, by name. */
#ifndef GRAFT_ABI_KEEP_H
#define GRAFT_ABI_KEEP_H

#include "macros.h"

/* Marks a variable at namespace scope, neither const nor inline nor a template nor thread_local nor a reference. */
#define GRAFT_KEEP GRAFT_ANNOTATE("graft.keep") __attribute__((used))

/* How a value of the type `from_type`, which older sources called as they liked, becomes one of `to_type`: used wherever a kept
 * variable, or a field of one, has the type `to_type` now and had one with the fields of `from_type` before. `*to` holds its initial
 * value when the body runs; `*from` stays as it is.
 *
 *     GRAFT_MIGRATE(struct score, struct score_v1, to, from) { to->points = from->half_points / 2; } */
#define GRAFT_MIGRATE(to_type, from_type, to, from)                  \
  GRAFT_ANNOTATE("graft.migrate") __attribute__((used)) static void  \
  GRAFT_CAT(graft_migrate_, __LINE__)(to_type *to, const from_type *from)

#ifdef __cplusplus
/* What the compiler driver instantiates for the classes that kept variables are made of. Not for plugins. */
extern "C++" {

struct graft_place {
  void *memory;
};

inline void *operator new(decltype(sizeof 0), graft_place place) noexcept { return place.memory; }
inline void operator delete(void *, graft_place) noexcept {}

/* Replaces what lives at `to` by a copy of `from`. The copy is made first, so that `to` is whole if that throws. */
template <class T>
void graft_kept_replace(void *to, const void *from) {
  T copy(*static_cast<const T *>(from));
  static_cast<T *>(to)->~T();
  ::new (graft_place{to}) T(static_cast<T &&>(copy));
}

/* An initial value, in memory that holds none. */
template <class T>
void graft_kept_construct(void *object) {
  ::new (graft_place{object}) T();
}

template <class T>
void graft_kept_destroy(void *object) {
  static_cast<T *>(object)->~T();
}
}
#endif

#endif
