/* The macros end their declarations themselves where the compiler is graft's own: an author may leave the semicolon out. */
#include "contracts.h"

static double area(double width, double height) { return width * height; }
GRAFT_PROVIDE(shapes, {.area = area})

GRAFT_CONTRACT(counter, "test.counter", 1, 0) {
  graft_status (*create)(const graft_instance_args *args, void **self);
  void (*destroy)(void *self);
};
static graft_status create(const graft_instance_args *args, void **self) { return args->data.size == 0 && *self; }
static void destroy(void *self) { *(int *)self = 0; }
GRAFT_PROVIDE(counter, {.create = create, .destroy = destroy})
GRAFT_INSTANCE(counter, int)
