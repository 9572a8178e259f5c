/* Between libmicrohttpd and struct announce. Whatever is wrong with an announce is answered with HTTP 200 and a failure
 * reason, for clients show nothing of other answers. The peer's address is the connection's. */
#include "services/tracker/announce_http.h"

#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/tracker/address.h"
#include "services/tracker/announce_query.h"
#include "services/tracker/query.h"

#include <stdlib.h>

#define RETRY_MALFORMED 1800

struct announce_http {
    struct tracker *tracker;
    struct http *http;
    /* Of the request being answered: too large for the stack, and one thread answers one after the other. */
    struct reply_text text;
    struct announce_reply reply;
};

static void on_announce(struct announce_http *wire, struct http_request *request, struct slice passkey)
{
    struct announce ask;
    const char *wrong = announce_query_read(passkey, http_query(request), &ask);
    if (wrong != NULL) {
        tracker_malformed(wire->tracker, &ask, wrong, &wire->reply);
        announce_reply_write(&ask, &wire->reply, &wire->text);
        return;
    }
    ask.address = address_of(http_peer(request));
    tracker_announce(wire->tracker, &ask, clock_now(), &wire->reply);
    announce_reply_write(&ask, &wire->reply, &wire->text);
}

static void on_scrape(struct announce_http *wire, struct http_request *request, struct slice passkey)
{
    struct scrape scrape;
    struct scrape_counts counts[SCRAPE_MAX];
    const char *wrong = scrape_query_read(http_query(request), &scrape);
    if (wrong == NULL)
        wrong = tracker_scrape(wire->tracker, passkey, &scrape, counts);
    if (wrong != NULL)
        failure_write(wrong, RETRY_MALFORMED, &wire->text);
    else
        scrape_reply_write(&scrape, counts, (uint32_t)wire->tracker->settings.min_interval, &wire->text);
}

static void on_request(struct http_request *request, void *arg)
{
    struct announce_http *wire = arg;
    struct slice passkey;
    enum query_path path = query_path(http_path(request), &passkey);
    if (path == PATH_other || !(slice_is(http_method(request), "GET") || slice_is(http_method(request), "HEAD"))) {
        http_reply(request, 404, "text/plain", slice_text("This is a BitTorrent tracker: nothing to see here.\n"));
        return;
    }
    if (path == PATH_announce)
        on_announce(wire, request, passkey);
    else
        on_scrape(wire, request, passkey);
    http_reply(request, 200, "text/plain", slice_of(wire->text.at, wire->text.size));
}

struct announce_http *announce_http_new(struct loop *loop, struct tracker *tracker, const char *listen,
                                        const struct http_limits *limits, struct fault *why)
{
    struct announce_http *wire = mem_zero(1, sizeof *wire);
    wire->tracker = tracker;
    struct http_limits terse = *limits;
    terse.terse = true;
    loop_linger(loop);
    wire->http = http_listen(loop, listen, &terse, on_request, wire, why);
    if (wire->http == NULL)
        announce_http_destroy(&wire);
    return wire;
}

void announce_http_destroy(struct announce_http **wire)
{
    if (*wire == NULL)
        return;
    http_destroy(&(*wire)->http);
    free(*wire);
    *wire = NULL;
}

struct http_counters announce_http_count(const struct announce_http *wire)
{
    return http_count(wire->http);
}
