/* The values that cross the line between a host and its plugins: strings, buffers, versions, handles, statuses.
 *
 * These layouts are frozen: they carry no `struct_size` and never change. `layout.h` locks them. */
#ifndef GRAFT_ABI_TYPES_H
#define GRAFT_ABI_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "macros.h"

GRAFT_C_BEGIN

/* A borrowed view of `size` bytes at `data`; not terminated, `data` may be null when `size` is 0. Text is UTF-8.
 * Who receives one may read it until the call returns, or, as a return value, until the pin of the call ends. */
typedef struct graft_str {
  const char *data;
  size_t size;
} graft_str;

/* An owned run of bytes: `size` of `capacity` are in use. Memory comes from, and goes back to, `graft_host.alloc` and
 * `graft_host.free` with alignment 1, whichever side does it. All zero is the empty buffer. */
typedef struct graft_buf {
  char *data;
  size_t size;
  size_t capacity;
} graft_buf;

/* major.minor.patch, compared in that order. */
typedef struct graft_version {
  uint32_t major, minor, patch;
} graft_version;

/* Names a slot of one runtime. Survives a reload, goes stale when the slot is vacated. All zero names nothing. */
typedef struct graft_handle {
  uint32_t index;
  uint32_t runtime;
  uint64_t tag;
} graft_handle;

/* What a call says about itself: 0 is success. Values 1 to 999 are graft's, `graft_code` lists them; a plugin's own codes are
 * negative or start at 1000. Always spell the return type `graft_status`: a call that cannot reach a plugin returns the code
 * through it, where any other return type can only carry zero. */
typedef int32_t graft_status;

/* What can the caller do now? Two failures that ask for the same action share one code. */
typedef enum graft_code {
  GRAFT_OK = 0,
  GRAFT_INVALID = 1,        /* the input is wrong: mend it */
  GRAFT_NOT_FOUND = 2,      /* nothing has that name: name something that exists */
  GRAFT_INCOMPATIBLE = 3,   /* versions or types disagree: change one side */
  GRAFT_CONFLICT = 4,       /* the name is taken or still needed: rename, or unload what holds it */
  GRAFT_MISSING = 5,        /* the provider does not have that function: ask `has` first */
  GRAFT_STALE = 6,          /* the slot was vacated: find the contract again */
  GRAFT_BUSY = 7,           /* somebody holds it: wait and try again */
  GRAFT_WOULD_DEADLOCK = 8, /* asked from inside the commit it waits for: ask from elsewhere */
  GRAFT_SUPERSEDED = 9,     /* a newer request already won: nothing to do */
  GRAFT_UNCHANGED = 10,     /* the new is the old: nothing was done */
  GRAFT_REFUSED = 11,       /* a policy forbids it: ask for the right */
  GRAFT_EXCEPTION = 12,     /* plugin code threw: mend the plugin */
  GRAFT_EXHAUSTED = 13,     /* memory, mappings or a limit ran out: free some, or raise it */
  GRAFT_UNSUPPORTED = 14,   /* graft cannot do that: do it another way */
  GRAFT_ENVIRONMENT = 15,   /* this machine lacks something: install it */
  GRAFT_INTERNAL = 16,      /* graft broke a promise of its own: report it */
  GRAFT_TIMEOUT = 17,       /* it took longer than it may: allow more time, or mend what is slow */
  GRAFT_PLUGIN_LIMIT = 18,  /* the runtime holds as many plugins as it may: unload one, or raise the limit */
  GRAFT_MEMORY_LIMIT = 19,  /* the bundle's memory quota is used up: give some back, or raise `memory_bytes` */
  GRAFT_DEPTH_LIMIT = 20,   /* calls are nested too deep: end the recursion, or raise `call_depth` */
  GRAFT_PAYLOAD_LIMIT = 21, /* what is handed over is too large: send less, or raise the limit */
  GRAFT_STORAGE_LIMIT = 22, /* the store of keys and values is full: delete some, or raise its limits */
  GRAFT_STACK_LIMIT = 23    /* the thread's stack is used up: end the recursion, or call on a larger stack */
} graft_code;

/* FNV-1a 64 of "guest_contract:NAME@MAJOR", "host_contract:NAME@MAJOR" or a bundle's name. 0 is the host. */
typedef uint64_t graft_id;

GRAFT_C_END

#endif
