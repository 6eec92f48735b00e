/* The contract of the smallest real bundle: one function, text in, text out. */
#ifndef DEMO_GREETER_H
#define DEMO_GREETER_H

#include <graft/abi.h>

GRAFT_CONTRACT(greeter, "demo.greeter", 1, 0) {
  /* Appends "Hello, NAME!" to `out`. An empty name is GRAFT_INVALID. */
  graft_status (*greet)(graft_str name, graft_buf *out);
};

#endif
