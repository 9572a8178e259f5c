/* The bus' counters as metrics. */
#include "services/common/bus_private.h"
#include "services/common/metrics.h"

void bus_metrics(const struct bus *bus, struct buffer *into)
{
    const struct bus_counters *count = &bus->counters;
    const char *served = "Requests of others that were answered.";
    metric_counter(into, "bus_requests_total", "outcome=\"ok\"", count->served - count->refused, served);
    metric_counter(into, "bus_requests_total", "outcome=\"refused\"", count->refused, NULL);
    metric_counter(into, "bus_requests_dropped_total", "reason=\"expired\"", count->expired,
                   "Requests of others that were not answered: their time was over, or they were malformed.");
    metric_counter(into, "bus_requests_dropped_total", "reason=\"malformed\"", count->malformed, NULL);
    metric_gauge(into, "bus_requests_under_way", NULL, (int64_t)bus->server.requests_count,
                 "Requests of others that are being answered.");
    metric_counter(into, "bus_questions_total", "outcome=\"answered\"", count->answered,
                   "Our own questions to other daemons.");
    metric_counter(into, "bus_questions_total", "outcome=\"failed\"", count->failed, NULL);
    metric_counter(into, "bus_questions_repeated_total", NULL, count->repeated,
                   "Questions asked again because a replica went away.");
    metric_counter(into, "bus_answers_late_total", NULL, count->late, "Answers that came after their deadline.");
}
