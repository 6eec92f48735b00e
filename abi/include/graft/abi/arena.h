/* Memory for the returns of one call: a bump allocator that the caller owns and rewinds, so that a plugin returns strings and arrays
 * without a heap allocation once the arena has grown to the size that its calls need.
 *
 *     graft_status (*describe)(graft_arena *arena, graft_str *out);     in a contract
 *     *out = graft_arena_text(arena, "hello", 5);                       in the plugin: borrowed until the caller rewinds
 *     graft_arena_rewind(&arena);                                       in the caller, before or after each call
 *
 * A rewind after a call that did not fit replaces the blocks by one that holds them all. Not thread-safe: one arena, one thread at a
 * time. Both sides may allocate; only the owner rewinds and frees. */
#ifndef GRAFT_ABI_ARENA_H
#define GRAFT_ABI_ARENA_H

#include <string.h>

#include "host.h"

GRAFT_C_BEGIN

/* The smallest block that is asked of the host's allocator, in bytes. */
#define GRAFT_ARENA_BLOCK 4096

/* A block's head; its bytes follow. */
typedef struct graft_arena_block {
  struct graft_arena_block *older;
  size_t capacity; /* bytes after this head */
} graft_arena_block;

typedef struct graft_arena {
  uint32_t struct_size;
  uint32_t reserved;
  const graft_host *host;   /* whose allocator the blocks come from */
  graft_arena_block *block; /* the newest, which is filled now; null before the first */
  size_t used;              /* bytes of it */
  size_t total;             /* capacity of all blocks together */
} graft_arena;

/* Empty; takes no memory before the first allocation. */
static inline graft_arena graft_arena_of(const graft_host *host) {
  graft_arena arena;
  arena.struct_size = (uint32_t)sizeof arena;
  arena.reserved = 0;
  arena.host = host;
  arena.block = NULL;
  arena.used = arena.total = 0;
  return arena;
}

static inline size_t graft_arena_gap(const graft_arena_block *block, size_t used, size_t align) {
  return (size_t)(0 - ((uintptr_t)(block + 1) + used)) & (align - 1);
}

/* `size` bytes aligned to `align`, a power of two, borrowed until the owner rewinds. Null when `size` is 0, `align` is no power of two
 * or memory is short. */
static inline void *graft_arena_alloc(graft_arena *arena, size_t size, size_t align) {
  graft_arena_block *block = arena->block;
  size_t gap, capacity;
  if (size == 0 || align == 0 || (align & (align - 1)) != 0 || size > ((size_t)-1) / 4 || align > ((size_t)-1) / 4) return NULL;
  gap = block ? graft_arena_gap(block, arena->used, align) : 0;
  if (!block || block->capacity - arena->used < gap || block->capacity - arena->used - gap < size) {
    capacity = size + align;
    if (capacity < arena->total) capacity = arena->total; /* so that blocks double */
    if (capacity < GRAFT_ARENA_BLOCK) capacity = GRAFT_ARENA_BLOCK;
    block = (graft_arena_block *)arena->host->alloc(arena->host, sizeof *block + capacity, sizeof(void *) * 2);
    if (!block) return NULL;
    block->older = arena->block;
    block->capacity = capacity;
    arena->block = block;
    arena->used = 0;
    arena->total += capacity;
    gap = graft_arena_gap(block, 0, align);
  }
  arena->used += gap + size;
  return (char *)(block + 1) + (arena->used - size);
}

/* A copy of text in the arena; the empty view when memory is short. */
static inline graft_str graft_arena_text(graft_arena *arena, const char *text, size_t size) {
  graft_str view;
  char *copy = (char *)graft_arena_alloc(arena, size, 1);
  if (copy) memcpy(copy, text, size);
  view.data = copy;
  view.size = copy ? size : 0;
  return view;
}

/* Gives all memory back and leaves the empty arena. [owner] */
static inline void graft_arena_free(graft_arena *arena) {
  while (arena->block) {
    graft_arena_block *block = arena->block;
    arena->block = block->older;
    arena->host->free(arena->host, block, sizeof *block + block->capacity, sizeof(void *) * 2);
  }
  arena->used = arena->total = 0;
}

/* Ends what was borrowed and keeps the memory for the next call. [owner] */
static inline void graft_arena_rewind(graft_arena *arena) {
  size_t total = arena->total;
  arena->used = 0;
  if (!arena->block || !arena->block->older) return;
  graft_arena_free(arena);
  if (graft_arena_alloc(arena, total, 1)) arena->used = 0; /* one block, as large as all were */
}

GRAFT_C_END

#endif
