/* What a plugin may ask of the runtime that holds it, and what it is told when it starts.
 *
 * Both tables begin with their size and only ever grow at the end. New abilities are host contracts found by name, not new
 * fields here. */
#ifndef GRAFT_ABI_HOST_H
#define GRAFT_ABI_HOST_H

#include "contract.h"

GRAFT_C_BEGIN

#define GRAFT_ABI_MAJOR 1
#define GRAFT_ABI_MINOR 0

typedef enum graft_log_level {
  GRAFT_LOG_TRACE = 0,
  GRAFT_LOG_DEBUG = 1,
  GRAFT_LOG_INFO = 2,
  GRAFT_LOG_WARN = 3,
  GRAFT_LOG_ERROR = 4
} graft_log_level;

/* Why an initialiser runs. */
typedef enum graft_reason { GRAFT_REASON_LOAD = 1, GRAFT_REASON_RELOAD = 2, GRAFT_REASON_ROLLBACK = 3 } graft_reason;

/* A promise of the calling thread: while it is held, the code behind `table` stays mapped. One scope, one thread: release it
 * where it was taken, last taken first. */
typedef struct graft_pin {
  uint32_t struct_size;
  uint32_t reserved;
  const void *table;
} graft_pin;

/* A host contract that was acquired: call `table` (the contract's struct) with `self`, and give it back. Both are borrowed until then. */
typedef struct graft_service {
  uint32_t struct_size;
  uint32_t minor;    /* what the host offers, at least what was asked for */
  const void *table;
  void *self;        /* the host's object, or null when the contract has none */
  uint64_t use;      /* names this acquisition; 0 after it was given back */
} graft_service;

/* Who acquires a host contract, told to the host's `create`. Borrowed during that call. */
typedef struct graft_service_request {
  uint32_t struct_size;
  uint16_t major, minor; /* what the caller was compiled against */
  graft_str contract;
  graft_str bundle;      /* empty for the host itself */
  uint64_t generation;
} graft_service_request;

typedef struct graft_host graft_host;

/* A requirement of the bundle that starts, and who meets it. */
typedef struct graft_requirement {
  uint32_t struct_size;
  uint32_t is_optional;
  graft_str contract;  /* empty where only the bundle is required */
  graft_str bundle;    /* who meets it; empty when nobody does, which an optional one allows */
  graft_handle handle; /* of the contract; all zero when nobody provides it */
} graft_requirement;

/* Told to `graft_init` once, before the bundle is published. Everything in it is borrowed until the function returns. */
typedef struct graft_init_context {
  uint32_t struct_size;
  uint32_t reason;        /* a graft_reason */
  graft_str bundle;       /* the bundle's name */
  graft_version version;  /* the version that starts */
  graft_version previous; /* the version it replaces; all zero at a first load */
  uint64_t generation;    /* counts up from 1 in each runtime */
  const graft_requirement *requirements; /* in the order of the manifest */
  uint64_t requirement_count;
} graft_init_context;

/* The runtime's functions, one table per generation. Valid as long as the generation's code is mapped. */
struct graft_host {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  void *context; /* the runtime's own; not to be read */

  /* `size` bytes aligned to `align`, a power of two; null when `size` is 0, `align` is no power of two, or memory is short.
   * The caller owns them and gives them back to `free` with the same size and alignment. [any thread] */
  void *(*alloc)(const graft_host *host, size_t size, size_t align);
  /* Null is allowed. [any thread] */
  void (*free)(const graft_host *host, void *memory, size_t size, size_t align);
  /* One line for the host's log, tagged with the bundle's name; `level` is a graft_log_level. The text is copied. [any thread] */
  void (*log)(const graft_host *host, uint32_t level, graft_str message);
  /* The best provider of `contract`@`major` with at least `minor`. GRAFT_NOT_FOUND, GRAFT_INCOMPATIBLE; inside the `graft_init` of a
   * bundle with a manifest GRAFT_REFUSED for what that does not require: it would be there or not as the loads happen to be ordered.
   * [any thread] */
  graft_status (*find)(const graft_host *host, graft_str contract, uint32_t major, uint32_t minor, graft_handle *out);
  /* Pins what `handle` names and returns its table in `pin->table`. GRAFT_STALE when the slot was vacated. [any thread] */
  graft_status (*resolve)(const graft_host *host, graft_handle handle, graft_pin *pin);
  /* Ends a pin. [the thread that took it] */
  void (*release)(const graft_host *host, graft_pin *pin);
  /* Adds a provider to the generation that is being initialised; the table is copied. Only inside `graft_init`.
   * GRAFT_CONFLICT, GRAFT_INVALID, GRAFT_WOULD_DEADLOCK elsewhere. [the thread that runs graft_init] */
  graft_status (*register_provider)(const graft_host *host, const graft_provider *provider);
  /* Copies the calling thread's last error text, cut to `capacity` with its terminator, and returns its full length. [any thread] */
  size_t (*last_error)(const graft_host *host, char *out, size_t capacity);
  /* Acquires a host contract of that major and at least that minor. GRAFT_NOT_FOUND, GRAFT_INCOMPATIBLE, GRAFT_WOULD_DEADLOCK when two
   * creations wait for each other, or what the host's `create` refused with. The caller gives it back. [any thread] */
  graft_status (*acquire)(const graft_host *host, graft_str contract, uint32_t major, uint32_t minor, graft_service *out);
  /* Ends an acquisition; one that ended already is left alone. [any thread, not while its functions run] */
  void (*give_back)(const graft_host *host, graft_service *service);
};

/* The table of the bundle that this code belongs to; bound when the bundle is linked, so it is usable from the first
 * constructor on. */
extern const graft_host graft_self;

/* What a bundle may define. A status other than GRAFT_OK from `graft_init` refuses the load with that code. `graft_stop` runs once
 * before the finalisers, when nobody is inside any more. */
graft_status graft_init(const graft_host *host, const graft_init_context *context);
/* Asked at each reload when the new code's initialisers ran and kept state was carried over, before anybody is sent to it: does it
 * work? Any status but GRAFT_OK, or too long an answer, and the old code goes on. Calls may be waiting. It runs on a thread of its own; one
 * that never returns keeps its code in memory. */
graft_status graft_probe(void);
void graft_stop(void);
/* Of a bundle whose manifest says `exclusive = true`: the old code puts down what two versions cannot hold at once (a port, a lock, its
 * threads) before the new one's constructors run, with nobody inside and new calls waiting. A status other than GRAFT_OK refuses the
 * reload. `graft_resume` takes it up again when the reload failed, also when `graft_suspend` did. */
graft_status graft_suspend(void);
void graft_resume(void);

GRAFT_C_END

#endif
