/* The admin port: /healthz (is all well? a line a check), /readyz (may requests be sent here?) and /metrics. For
 * machines of one's own: it asks nobody who they are. */
#include "services/common/clock.h"
#include "services/common/service_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char text_plain[] = "text/plain; charset=utf-8";

static void report_neighbours(const struct service_life *life, struct buffer *into)
{
    for (size_t i = 0; i < SERVICES_COUNT; i++) {
        if (strcmp(service_names[i], life->service->name) == 0)
            continue;
        unsigned replicas = bus_replicas(life->bus, service_names[i]);
        if (replicas > 0)
            buffer_print(into, "ok %s: %u answering\n", service_names[i], replicas);
        else
            buffer_print(into, "away %s: none answers now; work for it waits or is refused\n", service_names[i]);
    }
}

static void report_last_error(struct buffer *into)
{
    int64_t at;
    const char *error = log_last_error(&at);
    if (*error == '\0')
        return;
    char moment[32];
    time_t seconds = at / 1000;
    struct tm parts;
    strftime(moment, sizeof moment, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &parts));
    buffer_print(into, "note last error at %s: %s\n", moment, error);
}

/* A neighbour that is away is told but does not make this daemon ill: it was built to go on without. */
static void show_health(const struct service_life *life, struct http_request *request)
{
    struct buffer body = {0};
    const char *ill = life->service->unhealthy != NULL ? life->service->unhealthy() : NULL;
    bool database = life->service->only_asks || db_is_up(life->db);
    if (!life->service->only_asks)
        buffer_print(&body, database ? "ok database: connected\n" : "fail database: PostgreSQL is away\n");
    if (ill != NULL)
        buffer_print(&body, "fail %s: %s\n", life->service->name, ill);
    else
        buffer_print(&body, "ok %s: %s\n", life->service->name, life->stopping ? "stopping" : "running");
    report_neighbours(life, &body);
    report_last_error(&body);
    http_reply(request, database && ill == NULL ? 200 : 503, text_plain, buffer_slice(&body));
    buffer_free(&body);
}

static void show_readiness(const struct service_life *life, struct http_request *request)
{
    const char *reason = life->stopping                   ? "it is stopping"
                         : !life->database_ready          ? "its database has not been reached yet"
                         : life->service->unready != NULL ? life->service->unready()
                                                          : NULL;
    char text[320];
    int size = reason != NULL ? snprintf(text, sizeof text, "not ready: %s\n", reason)
                              : snprintf(text, sizeof text, "ready\n");
    http_reply(request, reason != NULL ? 503 : 200, text_plain,
               slice_of(text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1));
}

static int64_t resident_memory(void)
{
    char line[128] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    const char *second = fgets(line, sizeof line, file) != NULL ? strchr(line, ' ') : NULL;
    fclose(file);
    return second != NULL ? strtol(second, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

static void add_process_metrics(const struct service_life *life, struct buffer *body)
{
    char labels[96];
    int64_t error_at;
    snprintf(labels, sizeof labels, "service=\"%s\",version=\"%s\"", life->service->name, DJEMBE_VERSION);
    log_last_error(&error_at);
    metric_gauge(body, "build_info", labels, 1, "Which daemon and version this is; always 1.");
    metric_gauge(body, "uptime_seconds", NULL, (clock_ticks() - life->started_at) / 1000, "Seconds since the start.");
    metric_gauge(body, "resident_memory_bytes", NULL, resident_memory(), "Memory in use.");
    metric_gauge(body, "last_error_timestamp_seconds", NULL, error_at / 1000,
                 "When the newest error was logged, 0 when none was.");
    metric_gauge(body, "ready", NULL, life->database_ready && !life->stopping,
                 "Has the daemon started and not stopped?");
    if (!life->service->only_asks)
        metric_gauge(body, "database_up", NULL, db_is_up(life->db), "Is PostgreSQL there?");
}

static void show_metrics(const struct service_life *life, struct http_request *request)
{
    struct buffer body = {0};
    add_process_metrics(life, &body);
    const char *help = "Replicas of a neighbour that answer now.";
    for (size_t i = 0; i < SERVICES_COUNT; i++) {
        if (strcmp(service_names[i], life->service->name) == 0)
            continue;
        char labels[48];
        snprintf(labels, sizeof labels, "service=\"%s\"", service_names[i]);
        metric_gauge(&body, "bus_replicas", labels, bus_replicas(life->bus, service_names[i]), help);
        help = NULL;
    }
    bus_metrics(life->bus, &body);
    http_metrics(&body);
    if (life->service->metrics != NULL)
        life->service->metrics(&body);
    http_reply(request, 200, "text/plain; version=0.0.4; charset=utf-8", buffer_slice(&body));
    buffer_free(&body);
}

static void on_admin(struct http_request *request, void *arg)
{
    static const struct {
        const char *path;
        void (*show)(const struct service_life *life, struct http_request *request);
    } pages[] = {{"/healthz", show_health}, {"/readyz", show_readiness}, {"/metrics", show_metrics}};
    const struct service_life *life = arg;
    if (!slice_is(http_method(request), "GET") && !slice_is(http_method(request), "HEAD")) {
        http_set(request, "Allow", "GET, HEAD");
        http_reply(request, 405, text_plain, slice_text("Only GET is understood here.\n"));
        return;
    }
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (slice_is(http_path(request), pages[i].path)) {
            pages[i].show(life, request);
            return;
        }
    }
    http_reply(request, 404, text_plain, slice_text("There are /healthz, /readyz and /metrics.\n"));
}

bool admin_start(struct service_life *life, struct fault *why)
{
    static const struct http_limits limits = {
        .body = 1024, .connections = 64, .idle_seconds = 15, .header_memory = 16384};
    life->admin = http_listen(life->loop, life->settings.admin_listen, &limits, on_admin, life, why);
    return life->admin != NULL;
}
