/* A contract as a shared header declares it: read by C and by C++, the same text. */
#ifndef GRAFT_TESTS_ABI_CONTRACTS_H
#define GRAFT_TESTS_ABI_CONTRACTS_H

#include <graft/abi.h>

struct pair_of_doubles {
  double x, y;
};

GRAFT_CONTRACT(shapes, "test.shapes", 2, 1) {
  graft_status (*describe)(graft_str name, graft_buf *out);
  double (*area)(double width, double height);
  struct pair_of_doubles (*middle)(const struct pair_of_doubles *corners, size_t count);
  void (*forget)(void);
};

#endif
