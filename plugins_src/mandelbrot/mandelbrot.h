/* The Mandelbrot set: plain numbers, a struct by pointer, a struct by value. */
#ifndef DEMO_MANDELBROT_H
#define DEMO_MANDELBROT_H

#include <graft/abi.h>

/* A rectangle of the plane around (`x`, `y`), `width` wide, seen through a grid of characters twice as tall as wide. */
struct mandelbrot_view {
  double x, y, width;
  uint32_t columns, rows;
  int32_t limit; /* iterations after which a point counts as inside */
};

struct mandelbrot_point {
  double x, y;
};

GRAFT_CONTRACT(mandelbrot, "demo.mandelbrot", 1, 0) {
  /* After how many iterations the point (`x`, `y`) leaves the circle of radius 2; `limit` when it stays. */
  int32_t (*escape)(double x, double y, int32_t limit);
  /* The same without steps; `limit` when the point stays. */
  double (*smooth)(double x, double y, int32_t limit);
  /* Where iterating z -> z*z + c takes (0, 0) in `steps` steps, c being (`x`, `y`). */
  struct mandelbrot_point (*orbit)(double x, double y, int32_t steps);
  /* Appends `rows` lines of `columns` characters. GRAFT_INVALID for a view that is empty or larger than 1000 by 1000. */
  graft_status (*draw)(const struct mandelbrot_view *view, graft_buf *out);
};

#endif
