/* djembe-tracker: who has what right now? Puts the parts together and decides when announces are let in. */
#include "services/common/clock.h"
#include "services/common/service.h"
#include "services/tracker/counts.h"
#include "services/tracker/monitor.h"

#include <malloc.h>

enum {
    SWEEP_MS = 250,
    TICK_MS = 1000,
    GATE_MS = 100,
    PATIENCE_MS = 2500, /* how long announces wait for stored sessions and for permits, which one can do without */
    SOLITUDE_MS = 500,  /* the same when the rest is known and PostgreSQL has not answered yet */
};

static struct tracker_settings settings;
static struct http_limits limits = {.body = 0, .header_memory = 16384};
static const char *listen_address;
static int64_t connections, idle_seconds, udp_lifetime;
static bool udp_wanted;

static const struct option options[] = {
    {.name = "DJEMBE_TRACKER_LISTEN",
     .kind = OPTION_address,
     .into = &listen_address,
     .standard = "127.0.0.1:6969",
     .help = "Where BitTorrent clients announce."},
    {.name = "DJEMBE_ANNOUNCE_INTERVAL",
     .kind = OPTION_seconds,
     .into = &settings.interval,
     .standard = "30m",
     .low = 5,
     .high = 86400,
     .help = "How long clients wait between announces."},
    {.name = "DJEMBE_ANNOUNCE_MIN_INTERVAL",
     .kind = OPTION_seconds,
     .into = &settings.min_interval,
     .standard = "5m",
     .low = 1,
     .high = 86400,
     .help = "How soon a client may announce again; at most the interval."},
    {.name = "DJEMBE_SESSION_KEEP",
     .kind = OPTION_seconds,
     .into = &settings.keep,
     .standard = "21d",
     .low = 3600,
     .high = 31536000,
     .help = "How long the counters of a silent session are remembered."},
    {.name = "DJEMBE_MEMBER_PEERS",
     .kind = OPTION_number,
     .into = &settings.member_peers,
     .standard = "5",
     .low = 0,
     .high = 200,
     .help = "Most clients of one member on one torrent; 0: no limit."},
    {.name = "DJEMBE_MEMBER_SESSIONS",
     .kind = OPTION_number,
     .into = &settings.member_sessions,
     .standard = "200000",
     .low = 0,
     .high = 100000000,
     .help = "Most sessions (torrents times clients) remembered of one member; 0: no limit."},
    {.name = "DJEMBE_JOURNAL_SEGMENT",
     .kind = OPTION_bytes,
     .into = &settings.segment_size,
     .standard = "4M",
     .low = 65536,
     .high = 1073741824,
     .help = "Size of one journal file; two or more are kept."},
    {.name = "DJEMBE_TRACKER_CONNECTIONS",
     .kind = OPTION_number,
     .into = &connections,
     .standard = "4000",
     .low = 10,
     .high = 1000000,
     .help = "Most HTTP connections at once."},
    {.name = "DJEMBE_TRACKER_IDLE",
     .kind = OPTION_seconds,
     .into = &idle_seconds,
     .standard = "30",
     .low = 1,
     .high = 3600,
     .help = "How long a silent HTTP connection is kept."},
    {.name = "DJEMBE_TRACKER_UDP",
     .kind = OPTION_flag,
     .into = &udp_wanted,
     .standard = "yes",
     .help = "Whether clients may announce over UDP too, at the same address and port."},
    {.name = "DJEMBE_UDP_LIFETIME",
     .kind = OPTION_seconds,
     .into = &udp_lifetime,
     .standard = "2h",
     .low = 120,
     .high = 86400,
     .help = "How long a UDP connection id is taken; some clients use one for an hour."},
    {0},
};

extern const struct embedded tracker_migrations[];
extern const size_t tracker_migrations_count;

static struct tracker *tracker;
static struct announce_http *http;
static struct udp *udp;
static struct feeds *feeds;
static struct reporter *reporter;
static struct store *store;
static struct loop_timer *sweep_timer, *tick_timer, *gate_timer;
static int64_t started_at; /* ticks */

static struct monitor monitor(void)
{
    return (struct monitor){
        .tracker = tracker, .feeds = feeds, .reporter = reporter, .store = store, .http = http, .udp = udp};
}

static void on_sweep(void *arg)
{
    (void)arg;
    tracker_sweep(tracker, clock_now());
}

static void on_tick(void *arg)
{
    (void)arg;
    tracker_tick(tracker);
    feeds_tick(feeds, clock_ticks());
}

/* Members and torrents must be known before an announce can be judged, be it from the file. Permits and stored sessions
 * are waited for only a while, and hardly at all when PostgreSQL is away: ratio credits a session that was met anew
 * from its own last totals. */
static void on_gate(void *arg)
{
    (void)arg;
    bool alone = !db_is_up(service_db()) && !store_is_loaded(store) && feeds_ready(feeds, FEED_permits);
    bool patient = clock_ticks() - started_at < (alone ? SOLITUDE_MS : PATIENCE_MS);
    tracker->members_read = feeds_fresh(feeds, FEED_members);
    tracker->permits_read = feeds_fresh(feeds, FEED_permits);
    tracker->open = tracker->open || (feeds_ready(feeds, FEED_torrents) && feeds_ready(feeds, FEED_members) &&
                                      ((feeds_ready(feeds, FEED_permits) && store_is_loaded(store)) || !patient));
}

static bool listen_for_clients(struct fault *why)
{
    http = announce_http_new(service_loop(), tracker, listen_address, &limits, why);
    if (http == NULL || !udp_wanted)
        return http != NULL;
    struct connection_key key = {.lifetime = (uint32_t)udp_lifetime};
    if (udp_key_read(service_state_folder(), &key, why))
        udp = udp_new(service_loop(), tracker, listen_address, &key, why);
    return udp != NULL;
}

static bool start(struct fault *why)
{
    /* Said once, this does not change: what a storm of announces has taken goes back to the system when it is over. */
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    if (settings.min_interval > settings.interval)
        settings.min_interval = settings.interval;
    limits.connections = (unsigned)connections;
    limits.idle_seconds = (unsigned)idle_seconds;
    tracker = tracker_new(&settings, service_state_folder(), clock_now(), why);
    if (tracker == NULL)
        return false;
    struct loop *loop = service_loop();
    started_at = clock_ticks();
    feeds = feeds_new(service_bus(), tracker, service_state_folder());
    reporter = reporter_new(loop, service_bus(), tracker->outbox);
    store = store_new(loop, service_db(), tracker);
    counts_serve(service_bus(), tracker);
    sweep_timer = loop_timer_new(loop, SWEEP_MS, SWEEP_MS, on_sweep, NULL);
    tick_timer = loop_timer_new(loop, TICK_MS, TICK_MS, on_tick, NULL);
    gate_timer = loop_timer_new(loop, 0, GATE_MS, on_gate, NULL);
    return listen_for_clients(why);
}

static void database_ready(void)
{
    store_load(store);
}

/* What is not yet with ratio stays in the journal. */
static void stop(void)
{
    announce_http_destroy(&http);
    udp_destroy(&udp);
    store_flush(store);
    loop_timer_cancel(&sweep_timer);
    loop_timer_cancel(&tick_timer);
    loop_timer_cancel(&gate_timer);
    store_destroy(&store);
    reporter_destroy(&reporter);
    feeds_destroy(&feeds);
}

/* The admin port outlives the parts while the bus is drained. */
static const char *unhealthy(void)
{
    if (http == NULL)
        return "The tracker is stopping.";
    struct monitor now = monitor();
    return monitor_unhealthy(&now);
}

static const char *unready(void)
{
    if (http == NULL)
        return "The tracker is stopping.";
    struct monitor now = monitor();
    return monitor_unready(&now);
}

static void metrics(struct buffer *into)
{
    if (http == NULL)
        return;
    struct monitor now = monitor();
    monitor_metrics(&now, into);
}

int main(int argc, char **argv)
{
    struct service service = {
        .name = "tracker",
        .bus_port = 5554,
        .admin_port = 9101,
        .options = options,
        .migrations = tracker_migrations,
        .migrations_count = tracker_migrations_count,
        .statements = store_statements,
        .statements_count = store_statements_count,
        .start = start,
        .database_ready = database_ready,
        .stop = stop,
        .unhealthy = unhealthy,
        .unready = unready,
        .metrics = metrics,
    };
    int status = service_main(argc, argv, &service);
    tracker_destroy(&tracker);
    return status;
}
