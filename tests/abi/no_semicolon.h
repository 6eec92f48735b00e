/* The macros end their declarations themselves where the compiler is graft's own: an author may leave the semicolon out. */
#include "contracts.h"

static double area(double width, double height) { return width * height; }
GRAFT_PROVIDE(shapes, {.area = area})
