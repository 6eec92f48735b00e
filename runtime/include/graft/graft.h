/* graft for hosts that are not written in C++: one opaque runtime, the same codes, a last-error text. C11.
 *
 * Every function may be called from any thread unless its comment says otherwise. Strings that are passed in are borrowed until the
 * function returns. No function throws or prints. A null runtime or a null required pointer is GRAFT_INVALID. */
#ifndef GRAFT_H
#define GRAFT_H

#include <graft/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GRAFT_EXPORT __attribute__((visibility("default")))

typedef struct graft_runtime graft_runtime;

/* What happens to a bundle; the same as graft::Phase. */
typedef enum graft_phase {
  GRAFT_PREPARING = 0,
  GRAFT_RELOADED = 1,
  GRAFT_FAILED = 2,
  GRAFT_UNLOADING = 3,
  GRAFT_LOADED = 4,
  GRAFT_COMPILING = 5
} graft_phase;

typedef struct graft_event {
  uint32_t struct_size;
  uint32_t phase;      /* a graft_phase */
  graft_str bundle;    /* borrowed during the call */
  uint64_t generation; /* 0 when none was made */
  graft_str reason;    /* of GRAFT_FAILED: the error's text, borrowed during the call */
  uint8_t source[32];  /* the content key of the text that made it; zero when it did not compile */
  graft_str file;      /* of GRAFT_COMPILING: the file that is done, borrowed during the call */
  uint32_t files_done; /* with it */
  uint32_t files;
} graft_event;

/* How a reload treats a text that runs already. */
typedef enum graft_force { GRAFT_FORCE_NO = 0, GRAFT_FORCE_YES = 1 } graft_force;

/* Whether loaded bundles may be exchanged; the same as graft::HotReload. */
typedef enum graft_hot_reload { GRAFT_HOT_RELOAD_ON = 0, GRAFT_HOT_RELOAD_OFF = 1 } graft_hot_reload;
/* Whether code whose types nobody saw may be loaded; the same as graft::Unchecked. */
typedef enum graft_unchecked { GRAFT_UNCHECKED_REFUSE = 0, GRAFT_UNCHECKED_ALLOW = 1 } graft_unchecked;

/* Where sources are compiled; the same as graft::Worker. */
typedef enum graft_worker { GRAFT_WORKER_WHEN_ASKED = 0, GRAFT_WORKER_ALWAYS = 1 } graft_worker;

/* What graft::Config has for hosts in other languages. All zero but `struct_size` is the default. */
typedef struct graft_config {
  uint32_t struct_size;
  uint32_t optimise;   /* -O0 to -O3 */
  uint32_t unchecked;  /* a graft_unchecked */
  uint32_t hot_reload; /* a graft_hot_reload */
  uint32_t worker;     /* a graft_worker */
  uint32_t worker_wall_ms; /* what one compile in a worker may take; 0: the default */
  uint64_t worker_memory_bytes; /* the same */
} graft_config;

/* The same with a configuration of the caller's. GRAFT_INVALID for a value that is none. */
GRAFT_EXPORT graft_status graft_runtime_create_with(const graft_config *config, graft_runtime **out);
/* A runtime with the default configuration. The caller owns it and destroys it. */
GRAFT_EXPORT graft_status graft_runtime_create(graft_runtime **out);
/* Unloads everything. No call may be running. Null is allowed. */
GRAFT_EXPORT void graft_runtime_destroy(graft_runtime *runtime);

/* Loads a folder or a single source file. */
GRAFT_EXPORT graft_status graft_runtime_load(graft_runtime *runtime, const char *path);
/* Loads one file from memory; `file_name` ("greeter.c") tells the language and names it in messages. */
GRAFT_EXPORT graft_status graft_runtime_load_text(graft_runtime *runtime, const char *bundle, const char *file_name,
                                                  graft_str text);
/* Replaces a loaded bundle's code, from its own folder (by name) or another (by path). GRAFT_UNCHANGED, GRAFT_SUPERSEDED. */
GRAFT_EXPORT graft_status graft_runtime_reload(graft_runtime *runtime, const char *name_or_path, graft_force force);
GRAFT_EXPORT graft_status graft_runtime_reload_text(graft_runtime *runtime, const char *bundle, const char *file_name, graft_str text,
                                                    graft_force force);
/* Publishes functions of the host's own as a bundle; each provider's table is copied. `release` may be null; it is called once with
 * `context`, whatever becomes of the bundle, when no call is inside any more, and must not call the runtime. */
GRAFT_EXPORT graft_status graft_runtime_load_built_in(graft_runtime *runtime, const char *bundle, const char *version,
                                                      const graft_provider *providers, size_t count, void (*release)(void *context),
                                                      void *context);
/* Replaces a loaded bundle by functions of the host's own. */
GRAFT_EXPORT graft_status graft_runtime_reload_built_in(graft_runtime *runtime, const char *bundle, const char *version,
                                                        const graft_provider *providers, size_t count,
                                                        void (*release)(void *context), void *context);
/* GRAFT_CONFLICT while another bundle requires it. */
GRAFT_EXPORT graft_status graft_runtime_unload(graft_runtime *runtime, const char *bundle);

/* Takes what a contract header declares as the host's own view: providers that differ are refused from now on, at load, reload and
 * resolve, with both declarations. GRAFT_INCOMPATIBLE when a live one differs. */
GRAFT_EXPORT graft_status graft_runtime_read_contracts(graft_runtime *runtime, const char *header);

/* The first provider of `contract`@`major` with at least `minor`. */
GRAFT_EXPORT graft_status graft_runtime_find(graft_runtime *runtime, const char *contract, uint32_t major, uint32_t minor,
                                             graft_handle *out);
/* The best provider whose version is in `range` (">=1.2, <3"), which may span majors. GRAFT_INVALID for what is no range. */
GRAFT_EXPORT graft_status graft_runtime_find_range(graft_runtime *runtime, const char *contract, const char *range, graft_handle *out);
/* Writes up to `capacity` handles in the order of registration and returns how many providers there are. */
GRAFT_EXPORT size_t graft_runtime_find_all(graft_runtime *runtime, const char *contract, uint32_t major, graft_handle *out,
                                           size_t capacity);
/* Pins what `handle` names: `pin->table` may be cast to the contract's struct and called until the pin is released, on this thread.
 * `functions` is how many entries the caller's header declares: the table has at least as many. */
GRAFT_EXPORT graft_status graft_runtime_resolve(graft_runtime *runtime, graft_handle handle, uint32_t functions, graft_pin *pin);
GRAFT_EXPORT void graft_runtime_release(graft_pin *pin);

/* Makes an instance of a contract that has them (abi/instance.h); `data` goes to its `create`. The caller ends it; what nobody ended ends
 * with its bundle. GRAFT_UNSUPPORTED when the contract has none, GRAFT_STALE, what `create` refused with. */
GRAFT_EXPORT graft_status graft_runtime_create_instance(graft_runtime *runtime, graft_handle handle, graft_str data, graft_instance *out);
/* Ends an instance. Nobody may be inside. GRAFT_STALE when it ended already. */
GRAFT_EXPORT graft_status graft_runtime_destroy_instance(graft_runtime *runtime, graft_instance instance);
/* Pins the provider of an instance: `pin->table` may be called with `*self` until the pin is released, on this thread. `*self` names the
 * state and is not the state; it stays the same, pinned or not, until the instance ends. `functions` as in graft_runtime_resolve. */
GRAFT_EXPORT graft_status graft_runtime_resolve_instance(graft_runtime *runtime, graft_instance instance, uint32_t functions,
                                                         graft_pin *pin, void **self);

/* How a host contract's `self` is made; the same as graft::Offer. With a null `create`, `self` is `user_data`. */
typedef struct graft_offer {
  uint32_t struct_size;
  uint32_t per_use; /* 0: one `self` for all, made at the first acquisition; 1: one an acquisition */
  void *user_data;
  graft_status (*create)(void *user_data, const graft_service_request *request, void **self);
  void (*destroy)(void *user_data, void *self);
} graft_offer;

/* Offers a host contract to plugins. The table of `functions` entries is copied; `how` may be null. GRAFT_CONFLICT when that name and
 * major are offered already. */
GRAFT_EXPORT graft_status graft_runtime_offer(graft_runtime *runtime, const graft_contract_info *contract, const void *table,
                                              uint32_t functions, const graft_offer *how);
/* Takes a host contract back. GRAFT_CONFLICT while bundles hold it. */
GRAFT_EXPORT graft_status graft_runtime_withdraw(graft_runtime *runtime, const char *contract, uint32_t major);

/* Offers plugins the services of graft/service/, as they are where nobody says otherwise. GRAFT_CONFLICT when they are offered already. */
GRAFT_EXPORT graft_status graft_runtime_offer_services(graft_runtime *runtime);
/* Appends what is counted to `out`, as Prometheus reads it; the caller frees that. GRAFT_EXHAUSTED. */
GRAFT_EXPORT graft_status graft_runtime_metrics(graft_runtime *runtime, graft_buf *out);

/* Calls `listener` for every event, on the thread that makes it happen. Returns a number for graft_runtime_forget. */
GRAFT_EXPORT uint64_t graft_runtime_listen(graft_runtime *runtime, void (*listener)(const graft_event *event, void *context),
                                           void *context);
GRAFT_EXPORT void graft_runtime_forget(graft_runtime *runtime, uint64_t listener);

/* Lets this user's other processes ask this runtime over a Unix socket. Null: the usual one. GRAFT_CONFLICT, GRAFT_REFUSED. */
GRAFT_EXPORT graft_status graft_runtime_serve(graft_runtime *runtime, const char *socket);

/* The host's own table: the allocator behind every graft_buf. Valid as long as the runtime. */
GRAFT_EXPORT const graft_host *graft_runtime_host(graft_runtime *runtime);

/* Copies the calling thread's last error, with the compiler's diagnostics, cut to `capacity` with its terminator; returns its full length. */
GRAFT_EXPORT size_t graft_last_error(char *out, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
