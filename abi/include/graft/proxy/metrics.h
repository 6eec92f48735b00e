/* A measurement of the proxy's own, told to whoever exports them. */
#ifndef GRAFT_PROXY_METRICS_H
#define GRAFT_PROXY_METRICS_H

#include "types.h"

typedef struct proxy_measurement {
  uint32_t struct_size;
  uint32_t label_count;
  graft_str name;
  double value;
  const proxy_pair *labels;
} proxy_measurement;

GRAFT_HOOK(metrics, "proxy.metrics", 1, 0, GRAFT_OBSERVE) {
  graft_status (*run)(graft_hook_context *context, proxy_measurement *measurement, graft_no_decision *decision);
};

#endif
