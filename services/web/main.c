/* The daemon's table: settings, what is listened to, what is done now and then. See README.md for the rest. */
#include "services/common/clock.h"
#include "services/common/http.h"
#include "services/web/assets.h"
#include "services/web/clients.h"
#include "services/web/draft.h"
#include "services/web/inbox.h"
#include "services/web/page.h"
#include "services/web/plugins.h"
#include "services/web/serve.h"
#include "services/web/session.h"
#include "services/web/statements.h"
#include "services/web/tries.h"
#include "services/web/web.h"

#include <stdio.h>

#define SWEEP_MS (10 * 60 * 1000)
#define CATALOG_MS 15000

struct web web;

extern const struct embedded web_migrations[];
extern const size_t web_migrations_count;
extern const struct embedded web_templates[];

static const struct option options[] = {
    {"DJEMBE_WEB_LISTEN", OPTION_address, &web.listen, "127.0.0.1:8080", 0, 0, "Where pages are served.", false},
    {"DJEMBE_WEB_URL", OPTION_text, &web.url, "http://127.0.0.1:8080", 8, 200,
     "The site's own address as members type it; with https cookies are sent over https only.", false},
    {"DJEMBE_ANNOUNCE_URL", OPTION_text, &web.announce_url, "http://127.0.0.1:6969", 8, 200,
     "The trackers' public address: a member's announce URL is ADDRESS/PASSKEY/announce.", false},
    {"DJEMBE_SITE_NAME", OPTION_text, &web.site_name, "Djembe", 1, 60, "What the site is called on its pages.", false},
    {"DJEMBE_SIGN_UP", OPTION_text, &web.sign_up, "invite", 4, 6,
     "Who may open an account: `invite` (with an invitation), `open` (everybody) or `closed` (only by the operator's "
     "invitations).",
     false},
    {"DJEMBE_MEMBER_INVITES", OPTION_number, &web.member_invites, "3", 0, 1000,
     "How many invitations a new member may send.", false},
    {"DJEMBE_WEB_PROXIES", OPTION_networks, &web.proxies, "", 0, 0,
     "Networks of your proxies: for whom they speak is read from X-Forwarded-For.", false},
    {NULL, OPTION_text, NULL, NULL, 0, 0, NULL, false},
};

static struct http *http;
static struct loop_timer *sweep_timer;
static int64_t started_at;

void web_announce_url(struct slice passkey, char into[WEB_URL_MAX])
{
    snprintf(into, WEB_URL_MAX, "%s/%.*s/announce", web.announce_url, SLICE_ARGS(passkey));
}

/* An address without the slash at its end, so that paths can follow. */
static bool check_url(const char **url, const char *name, struct fault *why)
{
    size_t size = strlen(*url);
    if (strncmp(*url, "http://", 7) != 0 && strncmp(*url, "https://", 8) != 0)
        return fault_set(why, STATUS_invalid, name, "%s must begin with http:// or https://, not be \"%s\".", name,
                         *url);
    while (size > 0 && (*url)[size - 1] == '/')
        size--;
    *url = mem_text(slice_of(*url, size));
    return true;
}

static bool check_settings(struct fault *why)
{
    if (strcmp(web.sign_up, "invite") != 0 && strcmp(web.sign_up, "open") != 0 && strcmp(web.sign_up, "closed") != 0)
        return fault_set(why, STATUS_invalid, "DJEMBE_SIGN_UP", "DJEMBE_SIGN_UP is invite, open or closed, not \"%s\".",
                         web.sign_up);
    if (!check_url(&web.url, "DJEMBE_WEB_URL", why) || !check_url(&web.announce_url, "DJEMBE_ANNOUNCE_URL", why))
        return false;
    web.secure = strncmp(web.url, "https://", 8) == 0;
    return true;
}

static void on_sweep(void *arg)
{
    (void)arg;
    if (!db_is_up(service_db()))
        return;
    session_sweep();
    draft_sweep();
}

static bool start(struct fault *why)
{
    static const struct http_limits limits = {.body = WEB_BODY_MAX,
                                              .connections = 512,
                                              .idle_seconds = 60,
                                              .header_memory = 32 << 10,
                                              .bodies = WEB_BODIES_MAX,
                                              .tells_refused = true};
    if (!check_settings(why))
        return false;
    web.templates = mustache_load(web_templates, why);
    if (web.templates == NULL)
        return false;
    started_at = clock_ticks();
    assets_start();
    tries_start();
    web.worker = worker_new(service_loop());
    web.members = feed_new(service_bus(), service_db(), "web.members", "web");
    serve_start();
    clients_start();
    plugins_start();
    sweep_timer = loop_timer_new(service_loop(), SWEEP_MS, SWEEP_MS, on_sweep, NULL);
    http = http_listen(service_loop(), web.listen, &limits, visit_begin, NULL, why);
    return http != NULL;
}

static void database_ready(void)
{
    inbox_read(service_loop(), service_bus(), service_db());
}

static void stop(void)
{
    inbox_stop();
    loop_timer_cancel(&sweep_timer);
    plugins_stop();
    /* The thread works in the memory of requests, so it ends before they do. */
    worker_destroy(&web.worker);
    http_destroy(&http);
}

/* Pages are better once the plugins are known, but a site whose catalog is away must still say so: it is waited for a
 * while only. */
static const char *unready(void)
{
    bool patient = clock_ticks() - started_at < CATALOG_MS;
    return plugins_list() == NULL && patient ? "the catalog's plugins were not heard yet" : NULL;
}

static void metrics(struct buffer *into)
{
    struct http_counters counters = http_count(http);
    metric_counter(into, "web_requests_total", NULL, counters.requests, "Requests to pages.");
    metric_counter(into, "web_refused_total", NULL, counters.refused, "Requests refused before any page saw them.");
    metric_gauge(into, "web_connections", NULL, counters.connections, "Browsers connected.");
}

int main(int argc, char **argv)
{
    const struct service service = {
        .name = "web",
        .bus_port = 5553,
        .admin_port = 9102,
        .options = options,
        .migrations = web_migrations,
        .migrations_count = web_migrations_count,
        .statements = web_statements,
        .statements_count = web_statements_count,
        .start = start,
        .database_ready = database_ready,
        .stop = stop,
        .unready = unready,
        .metrics = metrics,
    };
    return service_main(argc, argv, &service);
}
