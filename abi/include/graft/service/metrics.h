/* Host contract "graft.metrics": numbers that a bundle counts and the host shows.
 *
 *     uint64_t served;
 *     graft_str labels[] = {graft_str_of("route"), graft_str_of("/cart")};
 *     metrics->series(self, GRAFT_COUNTER, graft_str_of("served_total"), labels, 2, &served);
 *     metrics->add(self, served, 1);
 *
 * A series is a name with labels. It belongs to the bundle, not to its generation: after a reload the same name and labels
 * are the same series. Exported it is called plugin_NAME and has a label `bundle`. How many series a bundle may have is
 * limited. */
#ifndef GRAFT_SERVICE_METRICS_H
#define GRAFT_SERVICE_METRICS_H

#include "../abi/service.h"

typedef enum graft_metric_kind { GRAFT_COUNTER = 1, GRAFT_GAUGE = 2, GRAFT_HISTOGRAM = 3 } graft_metric_kind;

GRAFT_CONTRACT(graft_metrics, "graft.metrics", 1, 0) {
  /* Finds or makes the series of a graft_metric_kind; `labels` are names and values in turn, `label_count` of them in all.
   * `*out` names it until the service is given back. GRAFT_INVALID: a name that Prometheus does not allow, or a label twice.
   * GRAFT_CONFLICT: the name is of another kind, here or in another bundle. GRAFT_EXHAUSTED: the bundle has as many series
   * as it may. [any thread] */
  graft_status (*series)(void *self, uint32_t kind, graft_str name, const graft_str *labels, size_t label_count,
                         uint64_t *out);
  /* Of a counter (`amount` not negative) or a gauge. GRAFT_INVALID otherwise. [any thread] */
  graft_status (*add)(void *self, uint64_t series, double amount);
  /* Of a gauge. GRAFT_INVALID otherwise. [any thread] */
  graft_status (*set)(void *self, uint64_t series, double value);
  /* Of a histogram: a value from 0 to 1.8e10, kept to 1.6 % and 1e-9. GRAFT_INVALID otherwise. [any thread] */
  graft_status (*observe)(void *self, uint64_t series, double value);
};

#endif
