/* A host in C: what graft.h offers, used as another language's binding would. Returns 0, or the number of the step that failed. */
#include <graft/graft.h>

#include <string.h>

GRAFT_CONTRACT(number, "test.number", 1, 0) { int32_t (*number)(void); };

static const char kText[] = "#include <graft/abi.h>\n"
                            "GRAFT_CONTRACT(number, \"test.number\", 1, 0) { int32_t (*number)(void); };\n"
                            "static int32_t answer(void) { return 11; }\n"
                            "GRAFT_PROVIDE(number, {.number = answer})\n";

static const char kOther[] = "#include <graft/abi.h>\n"
                             "GRAFT_CONTRACT(number, \"test.number\", 1, 0) { int64_t (*number)(void); };\n"
                             "GRAFT_PROVIDE(number, {0})\n";

GRAFT_CONTRACT(counter, "test.counter", 1, 0) {
  graft_status (*create)(const graft_instance_args *args, void **self);
  void (*destroy)(void *self);
  int32_t (*add)(void *self, int32_t n);
};

static const char kCounter[] =
    "#include <graft/abi.h>\n"
    "GRAFT_CONTRACT(counter, \"test.counter\", 1, 0) { graft_status (*create)(const graft_instance_args *args, void **self);\n"
    "  void (*destroy)(void *self); int32_t (*add)(void *self, int32_t n); };\n"
    "static graft_status create(const graft_instance_args *args, void **self) { *(int *)*self = (int)args->data.size; return 0; }\n"
    "static void destroy(void *self) { (void)self; }\n"
    "static int32_t add(void *self, int32_t n) { return *(int *)self += n; }\n"
    "GRAFT_PROVIDE(counter, {.create = create, .destroy = destroy, .add = add})\nGRAFT_INSTANCE(counter, int)\n";

/* The steps that are about instances. */
static int use_instances(graft_runtime *runtime) {
  graft_handle handle;
  graft_instance instance;
  graft_pin pin;
  void *self = NULL;
  int value = 0;
  if (graft_runtime_load_text(runtime, "counter", "counter.c", graft_str_of(kCounter)) != GRAFT_OK) return 101;
  if (graft_runtime_find(runtime, "test.counter", 1, 0, &handle) != GRAFT_OK) return 102;
  if (graft_runtime_create_instance(runtime, handle, graft_str_of("four"), &instance) != GRAFT_OK) return 103;
  if (graft_runtime_resolve_instance(runtime, instance, 3, &pin, &self) != GRAFT_OK) return 104;
  value = ((const counter *)pin.table)->add(self, 3);
  graft_runtime_release(&pin);
  if (value != 7) return 105;
  if (graft_runtime_destroy_instance(runtime, instance) != GRAFT_OK) return 106;
  if (graft_runtime_destroy_instance(runtime, instance) != GRAFT_STALE) return 107;
  if (graft_runtime_resolve_instance(runtime, instance, 3, &pin, &self) != GRAFT_STALE) return 108;
  if (graft_runtime_create_instance(runtime, handle, graft_str_of(""), NULL) != GRAFT_INVALID) return 109;
  return 0;
}

static void count_event(const graft_event *event, void *context) {
  if (event->phase == GRAFT_RELOADED) ++*(int *)context;
}

int run_c_host(const char *header);
int run_c_host(const char *header) {
  graft_runtime *runtime = NULL;
  graft_handle handle;
  graft_pin pin;
  char changed[sizeof kText], error[512];
  graft_buf page = {NULL, 0, 0};
  int reloaded = 0, value = 0;
  if (graft_runtime_create(&runtime) != GRAFT_OK) return 1;
  if (graft_runtime_load_text(runtime, "number", "number.c", graft_str_of(kText)) != GRAFT_OK) return 2;
  if (graft_runtime_find(runtime, "test.number", 1, 0, &handle) != GRAFT_OK) return 3;
  if (graft_runtime_resolve(runtime, handle, 1, &pin) != GRAFT_OK) return 4;
  value = ((const number *)pin.table)->number();
  graft_runtime_release(&pin);
  if (value != 11) return 5;
  graft_runtime_listen(runtime, count_event, &reloaded);
  memcpy(changed, kText, sizeof kText);
  strstr(changed, "11")[0] = '2';
  if (graft_runtime_reload_text(runtime, "number", "number.c", graft_str_of(changed), GRAFT_FORCE_NO) != GRAFT_OK) return 6;
  if (reloaded != 1) return 7;
  if (graft_runtime_reload_text(runtime, "number", "number.c", graft_str_of(changed), GRAFT_FORCE_NO) != GRAFT_UNCHANGED) return 8;
  if (graft_runtime_reload_text(runtime, "number", "number.c", graft_str_of("int x = ;"), GRAFT_FORCE_NO) != GRAFT_INVALID) return 9;
  if (graft_last_error(error, sizeof error) == 0 || strstr(error, "number.c:1") == NULL) return 10;
  if (graft_runtime_find_all(runtime, "test.number", 1, &handle, 1) != 1) return 11;
  if (graft_runtime_unload(runtime, "number") != GRAFT_OK) return 12;
  if (graft_runtime_resolve(runtime, handle, 1, &pin) != GRAFT_STALE) return 13;
  if (graft_runtime_load(runtime, NULL) != GRAFT_INVALID) return 14;
  if (graft_runtime_read_contracts(runtime, NULL) != GRAFT_INVALID) return 15;
  if (graft_runtime_read_contracts(runtime, header) != GRAFT_OK) return 16;
  if (graft_runtime_load_text(runtime, "number", "number.c", graft_str_of(kOther)) != GRAFT_INCOMPATIBLE) return 17;
  if (graft_last_error(error, sizeof error) == 0 || strstr(error, "'int32_t' to the host") == NULL) return 18;
  if (graft_runtime_load_text(runtime, "number", "number.c", graft_str_of(kText)) != GRAFT_OK) return 19;
  if (graft_runtime_offer_services(runtime) != GRAFT_OK) return 20;
  if (graft_runtime_offer_services(runtime) != GRAFT_CONFLICT) return 21;
  if (graft_runtime_metrics(runtime, &page) != GRAFT_OK || page.size == 0 || memcmp(page.data, "# HELP ", 7) != 0) return 22;
  graft_buf_free(graft_runtime_host(runtime), &page);
  value = use_instances(runtime);
  graft_runtime_destroy(runtime);
  return value;
}
