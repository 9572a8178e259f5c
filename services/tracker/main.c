/* djembe-tracker: who has what right now? Puts the parts together and decides when announces are let in. */
#include "services/common/clock.h"
#include "services/common/service.h"
#include "services/tracker/counts.h"
#include "services/tracker/introduce.h"
#include "services/tracker/monitor.h"

#include <malloc.h>

enum {
    SWEEP_MS = 250,
    TICK_MS = 1000,
    GATE_MS = 100,
    PATIENCE_MS = 2500, /* how long announces wait for stored sessions, permits and slots, which one can do without */
    SOLITUDE_MS = 500,  /* the same when the rest is known and PostgreSQL has not answered yet */
};

static struct tracker_settings settings;
static struct workers_settings wires;
static struct networks proxies;
static int64_t workers_wanted, connections, address_connections, idle_seconds, udp_lifetime;

static const struct option options[] = {
    {.name = "DJEMBE_TRACKER_LISTEN",
     .kind = OPTION_address,
     .into = &wires.http.listen,
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
    {.name = "DJEMBE_ANNOUNCE_WORKERS",
     .kind = OPTION_number,
     .into = &workers_wanted,
     .standard = "1",
     .low = 1,
     .high = WORKERS_MAX,
     .help = "How many threads take announces over HTTP, and as many over UDP."},
    {.name = "DJEMBE_TRACKER_CONNECTIONS",
     .kind = OPTION_number,
     .into = &connections,
     .standard = "10000",
     .low = 10,
     .high = 1000000,
     .help = "Most HTTP connections at once."},
    {.name = "DJEMBE_TRACKER_ADDRESS_CONNECTIONS",
     .kind = OPTION_number,
     .into = &address_connections,
     .standard = "0",
     .low = 0,
     .high = 1000000,
     .help = "Most HTTP connections at once of one address with one worker; 0: no limit, which a proxy needs."},
    {.name = "DJEMBE_TRACKER_IDLE",
     .kind = OPTION_seconds,
     .into = &idle_seconds,
     .standard = "30",
     .low = 1,
     .high = 3600,
     .help = "How long a silent HTTP connection is kept."},
    {.name = "DJEMBE_TRACKER_PROXIES",
     .kind = OPTION_networks,
     .into = &proxies,
     .standard = "",
     .help = "Networks of your proxies: for whom they speak is read from X-Forwarded-For."},
    {.name = "DJEMBE_TRACKER_PROXY_PROTOCOL",
     .kind = OPTION_flag,
     .into = &wires.http.proxy_protocol,
     .standard = "no",
     .help = "Whether connections from those networks begin with a PROXY header, version 1 or 2."},
    {.name = "DJEMBE_TRACKER_UDP",
     .kind = OPTION_flag,
     .into = &wires.udp,
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
static struct workers *workers;
static struct feeds *feeds;
static struct reporter *reporter;
static struct store *store;
static struct share *share;
static struct loop_timer *sweep_timer, *tick_timer, *gate_timer;
static int64_t started_at; /* ticks */

static struct monitor monitor(void)
{
    return (struct monitor){
        .tracker = tracker, .feeds = feeds, .reporter = reporter, .store = store, .share = share, .workers = workers};
}

static void on_sweep(void *arg)
{
    (void)arg;
    lock_take(&tracker->lock);
    tracker_sweep(tracker, clock_now());
    lock_give(&tracker->lock);
}

static void on_tick(void *arg)
{
    (void)arg;
    lock_take(&tracker->lock);
    tracker_tick(tracker);
    lock_give(&tracker->lock);
    feeds_tick(feeds, clock_ticks());
}

/* Members and torrents must be known before an announce can be judged, be it from the file. Permits, slots and stored
 * sessions are waited for only a while, and hardly at all when PostgreSQL is away: ratio credits a session that was met
 * anew from its own last totals. */
static void on_gate(void *arg)
{
    (void)arg;
    bool alone = !db_is_up(service_db()) && !store_is_loaded(store) && feeds_ready(feeds, FEED_permits) &&
                 feeds_ready(feeds, FEED_slots);
    bool patient = clock_ticks() - started_at < (alone ? SOLITUDE_MS : PATIENCE_MS);
    lock_take(&tracker->lock);
    tracker->members_read = feeds_fresh(feeds, FEED_members);
    tracker->permits_read = feeds_fresh(feeds, FEED_permits);
    tracker->open =
        tracker->open ||
        (feeds_ready(feeds, FEED_torrents) && feeds_ready(feeds, FEED_members) &&
         ((feeds_ready(feeds, FEED_permits) && feeds_ready(feeds, FEED_slots) && store_is_loaded(store)) || !patient));
    lock_give(&tracker->lock);
}

static bool listen_for_clients(struct fault *why)
{
    wires.count = (unsigned)workers_wanted;
    wires.key.lifetime = (uint32_t)udp_lifetime;
    wires.http.connections = (unsigned)connections;
    wires.http.address_connections = (unsigned)address_connections;
    wires.http.idle_seconds = (unsigned)idle_seconds;
    wires.http.proxies = &proxies;
    if (wires.http.proxy_protocol && proxies.count == 0)
        return fault_set(why, STATUS_invalid, "DJEMBE_TRACKER_PROXIES",
                         "DJEMBE_TRACKER_PROXY_PROTOCOL needs to know whose headers to believe: list your proxies in "
                         "DJEMBE_TRACKER_PROXIES.");
    uint8_t secret[SERVICE_SECRET_SIZE];
    if (!service_secret("connection ids of UDP", secret, why))
        return false;
    memcpy(wires.key.secret, secret, sizeof wires.key.secret);
    workers = workers_new(tracker, &wires, why);
    return workers != NULL;
}

static bool start(struct fault *why)
{
    /* Said once, this does not change: what a storm of announces has taken goes back to the system when it is over. */
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    if (settings.min_interval > settings.interval)
        settings.min_interval = settings.interval;
    started_at = clock_ticks(); /* what the journal takes is time waited, too */
    tracker = tracker_new(&settings, service_state_folder(), clock_now(), why);
    if (tracker == NULL)
        return false;
    struct loop *loop = service_loop();
    feeds = feeds_new(service_bus(), tracker, service_state_folder());
    reporter = reporter_new(loop, service_bus(), tracker);
    store = store_new(loop, service_db(), tracker);
    share = share_new(loop, service_bus(), tracker);
    counts_serve(service_bus(), tracker);
    introduce_serve(service_bus(), tracker);
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
    workers_destroy(&workers);
    store_flush(store);
    loop_timer_cancel(&sweep_timer);
    loop_timer_cancel(&tick_timer);
    loop_timer_cancel(&gate_timer);
    store_destroy(&store);
    share_destroy(&share);
    reporter_destroy(&reporter);
    feeds_destroy(&feeds);
}

/* The admin port outlives the parts while the bus is drained. */
static const char *unhealthy(void)
{
    if (workers == NULL)
        return "The tracker is stopping.";
    struct monitor now = monitor();
    return monitor_unhealthy(&now);
}

static const char *unready(void)
{
    if (workers == NULL)
        return "The tracker is stopping.";
    struct monitor now = monitor();
    return monitor_unready(&now);
}

static void metrics(struct buffer *into)
{
    if (workers == NULL)
        return;
    struct monitor now = monitor();
    monitor_metrics(&now, into);
}

int main(int argc, char **argv)
{
    struct service service = {
        .name = "tracker",
        .asks_own = true,
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
