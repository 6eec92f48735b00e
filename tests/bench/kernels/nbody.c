// The sun and four planets, drawn to each other; `n` steps.
#include <math.h>
#include <stdint.h>

struct body {
  double x, y, z, vx, vy, vz, mass;
};

static struct body bodies[5];

static void begin(void) {
  for (int i = 0; i < 5; ++i) {
    const double far = i == 0 ? 0 : 1.0 + 3.0 * i * i;
    bodies[i] =
        (struct body){far, far * 0.1, far * 0.01, 0, i == 0 ? 0 : 6.0 / sqrt(far), 0.01 * i, i == 0 ? 39.0 : 0.04 / i};
  }
}

static void advance(double dt) {
  for (int i = 0; i < 5; ++i)
    for (int j = i + 1; j < 5; ++j) {
      struct body *a = &bodies[i], *b = &bodies[j];
      const double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      const double square = dx * dx + dy * dy + dz * dz;
      const double pull = dt / (square * sqrt(square));
      a->vx -= dx * b->mass * pull, a->vy -= dy * b->mass * pull, a->vz -= dz * b->mass * pull;
      b->vx += dx * a->mass * pull, b->vy += dy * a->mass * pull, b->vz += dz * a->mass * pull;
    }
  for (int i = 0; i < 5; ++i) {
    struct body *a = &bodies[i];
    a->x += dt * a->vx, a->y += dt * a->vy, a->z += dt * a->vz;
  }
}

static double kernel(int32_t n) {
  begin();
  for (int32_t i = 0; i < n; ++i) advance(0.001);
  return bodies[0].x + bodies[1].y + bodies[4].z;
}
