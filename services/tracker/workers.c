/* All sockets are open before the first thread answers, and all threads are told to stop before one is waited for. */
#include "services/tracker/workers.h"

#include "services/common/arena.h"
#include "services/common/listen.h"

#include <stdlib.h>
#include <unistd.h>

struct workers {
    unsigned count;
    struct callers *callers;
    struct announce_http *http[WORKERS_MAX];
    struct udp *udp[WORKERS_MAX]; /* NULL: switched off */
};

/* Sockets that share a port would share it with those of another process as well: that one must be told of. */
static bool is_free(const char *listen, int type, struct fault *why)
{
    int fd = listen_socket(listen, type, false, why);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool open_all(struct workers *workers, struct tracker *tracker, const struct workers_settings *settings,
                     struct fault *why)
{
    struct announce_http_settings http = settings->http;
    bool shared = http.shared = settings->count > 1;
    http.connections = (http.connections + settings->count - 1) / settings->count;
    if (shared &&
        !(is_free(http.listen, SOCK_STREAM, why) && (!settings->udp || is_free(http.listen, SOCK_DGRAM, why))))
        return false;
    for (unsigned i = 0; i < settings->count; i++) {
        workers->http[i] = announce_http_new(tracker, &http, why);
        if (workers->http[i] == NULL)
            return false;
        if (!settings->udp)
            continue;
        workers->udp[i] = udp_new(tracker, http.listen, shared, &settings->key, workers->callers, why);
        if (workers->udp[i] == NULL)
            return false;
    }
    return true;
}

struct workers *workers_new(struct tracker *tracker, const struct workers_settings *settings, struct fault *why)
{
    struct workers *workers = mem_zero(1, sizeof *workers);
    workers->count = settings->count;
    workers->callers = callers_new(&tracker->key);
    if (!open_all(workers, tracker, settings, why)) {
        workers_destroy(&workers);
        return NULL;
    }
    lock_share(&tracker->lock);
    for (unsigned i = 0; i < workers->count; i++) {
        announce_http_start(workers->http[i]);
        if (workers->udp[i] != NULL)
            udp_start(workers->udp[i]);
    }
    return workers;
}

void workers_destroy(struct workers **handle)
{
    struct workers *workers = *handle;
    if (workers == NULL)
        return;
    for (unsigned i = 0; i < workers->count; i++) {
        if (workers->http[i] != NULL)
            announce_http_stop(workers->http[i]);
        if (workers->udp[i] != NULL)
            udp_stop(workers->udp[i]);
    }
    for (unsigned i = 0; i < workers->count; i++) {
        announce_http_destroy(&workers->http[i]);
        udp_destroy(&workers->udp[i]);
    }
    callers_destroy(&workers->callers);
    free(workers);
    *handle = NULL;
}

struct workers_counters workers_count(const struct workers *workers)
{
    struct workers_counters sum = {0};
    for (unsigned i = 0; i < workers->count; i++) {
        struct announce_http_counters http = announce_http_count(workers->http[i]);
        sum.http.requests += http.requests;
        sum.http.refused += http.refused;
        sum.http.proxied_refused += http.proxied_refused;
        sum.http.connections += http.connections;
        if (workers->udp[i] == NULL)
            continue;
        struct udp_counters udp = udp_count(workers->udp[i]);
        sum.udp.connects += udp.connects;
        sum.udp.announces += udp.announces;
        sum.udp.scrapes += udp.scrapes;
        sum.udp.ignored += udp.ignored;
    }
    return sum;
}
