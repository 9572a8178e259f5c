/* Numbers are read out of the parts; nothing is counted here. */
#include "services/tracker/monitor.h"

#include <inttypes.h>
#include <stdio.h>

#define DELAY_WORTH_TELLING 30 /* seconds for which totals may wait for ratio before /healthz speaks of it */

static void outcome_metrics(const struct tracker *tracker, struct buffer *into)
{
    static const char *const names[OUTCOME_count] = {
        [OUTCOME_taken] = "outcome=\"taken\"",     [OUTCOME_starting] = "outcome=\"starting\"",
        [OUTCOME_passkey] = "outcome=\"passkey\"", [OUTCOME_member] = "outcome=\"member\"",
        [OUTCOME_torrent] = "outcome=\"torrent\"", [OUTCOME_permit] = "outcome=\"permit\"",
        [OUTCOME_slot] = "outcome=\"slot\"",       [OUTCOME_limit] = "outcome=\"limit\"",
        [OUTCOME_client] = "outcome=\"client\"",   [OUTCOME_malformed] = "outcome=\"malformed\""};
    for (size_t i = 0; i < OUTCOME_count; i++)
        metric_counter(into, "tracker_announces_total", names[i], tracker->outcomes[i],
                       i == 0 ? "Announces, by how they ended." : NULL);
    metric_counter(into, "tracker_scrapes_total", NULL, tracker->scrapes, "Scrapes.");
    struct lock_waits waits = lock_waits(&tracker->lock);
    metric_counter(into, "tracker_lock_waits_total", NULL, waits.times, "How often a thread waited for another.");
    metric_counter(into, "tracker_lock_sleeps_total", NULL, waits.slept, "Of these, how often it slept.");
    metric_counter(into, "tracker_lock_sleep_nanoseconds_total", NULL, waits.slept_ns, "How long they slept.");
}

static void memory_metrics(const struct tracker *tracker, struct buffer *into)
{
    metric_gauge(into, "tracker_peers", NULL, peers_count(tracker->peers), "Peers in all swarms.");
    metric_gauge(into, "tracker_peers_bytes", NULL, (int64_t)peers_bytes(tracker->peers), "Memory of peer records.");
    metric_gauge(into, "tracker_sessions", NULL, sessions_count(tracker->sessions), "Sessions remembered.");
    metric_gauge(into, "tracker_sessions_bytes", NULL, (int64_t)sessions_bytes(tracker->sessions),
                 "Memory of sessions.");
    metric_gauge(into, "tracker_torrents", NULL, registry_torrents_count(tracker->registry), "Torrents known.");
    metric_gauge(into, "tracker_members", NULL, registry_members_count(tracker->registry), "Members known.");
    metric_gauge(into, "tracker_slots", NULL, slots_count(tracker->slots), "Members' slots of Backups known.");
    metric_gauge(into, "tracker_slots_bytes", NULL, (int64_t)slots_bytes(tracker->slots), "Memory of slots.");
}

static void queue_metrics(const struct monitor *monitor, struct buffer *into)
{
    const struct tracker *tracker = monitor->tracker;
    metric_gauge(into, "tracker_unacknowledged", NULL, (int64_t)outbox_count(tracker->outbox),
                 "Session totals that ratio has not acknowledged.");
    metric_gauge(into, "tracker_unacknowledged_seconds", NULL, reporter_delay(monitor->reporter),
                 "How long session totals have waited for ratio.");
    metric_counter(into, "tracker_reports_total", NULL, reporter_batches(monitor->reporter),
                   "Batches that ratio acknowledged.");
    metric_gauge(into, "tracker_unstored", NULL, (int64_t)tracker->to_store.count, "Sessions that wait to be stored.");
    metric_counter(into, "tracker_stored_total", NULL, store_rows(monitor->store), "Sessions stored.");
    metric_gauge(into, "tracker_feeds_unsaved", NULL, feeds_unsaved(monitor->feeds),
                 "1 while the feeds have told something that is not on file.");
    metric_gauge(into, "tracker_journal_bytes", NULL, (int64_t)journal_bytes(tracker->journal),
                 "Journal segments on disk.");
}

static void wire_metrics(const struct workers *workers, struct buffer *into)
{
    struct workers_counters counters = workers_count(workers);
    metric_counter(into, "tracker_http_requests_total", NULL, counters.http.requests, "HTTP requests.");
    metric_counter(into, "tracker_http_refused_total", NULL, counters.http.refused,
                   "HTTP requests that were neither announces nor scrapes.");
    metric_gauge(into, "tracker_http_connections", NULL, (int64_t)counters.http.connections, "HTTP connections open.");
    metric_counter(into, "tracker_proxied_refused_total", NULL, counters.http.proxied_refused,
                   "Connections of proxies that did not say for whom.");
    metric_counter(into, "tracker_udp_requests_total", "kind=\"connect\"", counters.udp.connects, "UDP requests.");
    metric_counter(into, "tracker_udp_requests_total", "kind=\"announce\"", counters.udp.announces, NULL);
    metric_counter(into, "tracker_udp_requests_total", "kind=\"scrape\"", counters.udp.scrapes, NULL);
    metric_counter(into, "tracker_udp_ignored_total", NULL, counters.udp.ignored,
                   "UDP packets without a valid connection id: nothing was answered.");
}

void monitor_metrics(const struct monitor *monitor, struct buffer *into)
{
    lock_take(&monitor->tracker->lock);
    outcome_metrics(monitor->tracker, into);
    memory_metrics(monitor->tracker, into);
    queue_metrics(monitor, into);
    share_metrics(monitor->share, into);
    lock_give(&monitor->tracker->lock);
    wire_metrics(monitor->workers, into);
}

static const char *find_illness(const struct monitor *monitor)
{
    static char sentence[160];
    static const char *const stale[FEED_count] = {
        [FEED_torrents] = "catalog.torrents has not been heard since the start: torrents are as they were then.",
        [FEED_members] = "web.members has not been heard since the start: members are as they were then.",
        [FEED_permits] = "ratio.permits has not been heard since the start: who is new there may download.",
        [FEED_clients] = "web.clients has not been heard since the start: clients are refused as they were then.",
        [FEED_slots] = "ratio.slots has not been heard since the start: who has a slot since then is refused.",
    };
    const char *complaint = journal_complaint(monitor->tracker->journal);
    if (complaint != NULL) {
        snprintf(sentence, sizeof sentence, "%s", complaint);
        return sentence;
    }
    for (size_t i = 0; monitor->tracker->open && i < FEED_count; i++)
        if (feeds_ready(monitor->feeds, i) && !feeds_fresh(monitor->feeds, i))
            return stale[i];
    if (monitor->tracker->open && !monitor->tracker->permits_read)
        return "The feed ratio.permits has not been read yet: until then everybody may download.";
    if (monitor->tracker->open && !feeds_ready(monitor->feeds, FEED_slots))
        return "The feed ratio.slots has not been read yet: until then only their owners may download backups.";
    int64_t delay = reporter_delay(monitor->reporter);
    if (delay < DELAY_WORTH_TELLING)
        return NULL;
    snprintf(sentence, sizeof sentence,
             "ratio has not taken session totals for %" PRId64 " s: %zu wait in the journal.", delay,
             outbox_count(monitor->tracker->outbox));
    return sentence;
}

const char *monitor_unhealthy(const struct monitor *monitor)
{
    lock_take(&monitor->tracker->lock);
    const char *illness = find_illness(monitor);
    lock_give(&monitor->tracker->lock);
    return illness;
}

const char *monitor_unready(const struct monitor *monitor)
{
    static const char *const sentences[FEED_count] = {
        [FEED_torrents] = "The feed catalog.torrents has not been read: is catalog up?",
        [FEED_members] = "The feed web.members has not been read: is web up?",
        [FEED_permits] = "The feed ratio.permits has not been read: is ratio up?",
        [FEED_clients] = "The feed web.clients has not been read: is web up?",
        [FEED_slots] = "The feed ratio.slots has not been read: is ratio up?",
    };
    if (monitor->tracker->open)
        return NULL;
    for (size_t i = 0; i < FEED_count; i++)
        if (!feeds_ready(monitor->feeds, i))
            return sentences[i];
    return "Stored sessions are being loaded.";
}
