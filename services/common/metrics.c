/* Prometheus text format. Pure: label values come from our own tables and need no escaping. */
#include "services/common/metrics.h"

#include <inttypes.h>

static void metric_head(struct buffer *into, const char *name, const char *type, const char *labels, const char *help)
{
    if (help != NULL)
        buffer_print(into, "# HELP djembe_%s %s\n# TYPE djembe_%s %s\n", name, help, name, type);
    buffer_print(into, "djembe_%s", name);
    if (labels != NULL && *labels != '\0')
        buffer_print(into, "{%s}", labels);
}

void metric_counter(struct buffer *into, const char *name, const char *labels, uint64_t value, const char *help)
{
    metric_head(into, name, "counter", labels, help);
    buffer_print(into, " %" PRIu64 "\n", value);
}

void metric_gauge(struct buffer *into, const char *name, const char *labels, int64_t value, const char *help)
{
    metric_head(into, name, "gauge", labels, help);
    buffer_print(into, " %" PRId64 "\n", value);
}
