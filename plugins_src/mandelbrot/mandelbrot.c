/* Arithmetic in double precision; nothing but the C library's log2. */
#include "mandelbrot.h"

#include <math.h>

typedef struct mandelbrot_point point;

static point step(point z, point c) {
  point next = {z.x * z.x - z.y * z.y + c.x, 2 * z.x * z.y + c.y};
  return next;
}

static double square(point z) { return z.x * z.x + z.y * z.y; }

static int32_t escape(double x, double y, int32_t limit) {
  const point c = {x, y};
  point z = {0, 0};
  int32_t count = 0;
  while (count < limit && square(z) <= 4) {
    z = step(z, c);
    ++count;
  }
  return count;
}

static point orbit(double x, double y, int32_t steps) {
  const point c = {x, y};
  point z = {0, 0};
  while (steps-- > 0) z = step(z, c);
  return z;
}

static double smooth(double x, double y, int32_t limit) {
  const int32_t count = escape(x, y, limit);
  if (count >= limit) return limit;
  return count + 1 - log2(log2(sqrt(square(orbit(x, y, count + 2)))));
}

static graft_status draw(const struct mandelbrot_view *view, graft_buf *out) {
  static const char shades[] = " .:-=+*#%@";
  const double cell = view->width / view->columns;
  if (view->columns == 0 || view->rows == 0 || view->columns > 1000 || view->rows > 1000) return GRAFT_INVALID;
  for (uint32_t row = 0; row < view->rows; ++row) {
    char line[1001];
    const double y = view->y - ((double)row - (view->rows - 1) / 2.0) * cell * 2;
    for (uint32_t column = 0; column < view->columns; ++column) {
      const double x = view->x + ((double)column - (view->columns - 1) / 2.0) * cell;
      const int32_t count = escape(x, y, view->limit);
      line[column] = count >= view->limit ? '@' : shades[count % 9];
    }
    line[view->columns] = '\n';
    const graft_status status = graft_buf_append(&graft_self, out, line, view->columns + 1);
    if (status != GRAFT_OK) return status;
  }
  return GRAFT_OK;
}

GRAFT_PROVIDE(mandelbrot, {.escape = escape, .smooth = smooth, .orbit = orbit, .draw = draw});
