/* What a daemon shows on its admin port: Prometheus text on /metrics, one line a check on /healthz and /readyz. */
#ifndef DJEMBE_COMMON_METRICS_H
#define DJEMBE_COMMON_METRICS_H

#include "services/common/bencode.h"

/* Appends `# HELP`, `# TYPE` and one sample. `name` without the djembe_ prefix; `labels` as `a="b"` or NULL. Samples of
 * one name stand together: call with help == NULL for the second and later ones. */
void metric_counter(struct buffer *into, const char *name, const char *labels, uint64_t value, const char *help);
void metric_gauge(struct buffer *into, const char *name, const char *labels, int64_t value, const char *help);

#endif
