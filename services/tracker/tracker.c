/* The tracker's memory: made at start from the journal, filled from feeds and database by others, swept a little at a
 * time. */
#include "services/tracker/tracker.h"

#include "proto/proto.h"
#include "services/common/arena.h"
#include "services/common/encode.h"
#include "services/common/log.h"
#include "services/tracker/slab.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
    SWEEP_ROUND_SECONDS = 60, /* every peer is looked at in about so long, */
    SWEEPS_A_SECOND = 4,
    SWEEP_LEAST = 64,
};

/* ---- start and end ---- */

static void count_completed(struct tracker *tracker, const struct session_totals *totals)
{
    if (totals->flags & SESSION_COMPLETED)
        registry_torrent_make(tracker->registry, totals->torrent)->completed++;
}

/* All that the journal still holds may be unknown to ratio: it goes out again, which harms nothing. */
static void replay(void *arg, uint64_t seq, const struct session_totals *totals)
{
    struct tracker *tracker = arg;
    struct session_totals closed;
    bool took, fell;
    uint32_t known = sessions_find(tracker->sessions, totals->user, totals->torrent, totals->peer_id);
    bool was_completed =
        known != SLAB_NONE && (sessions_at(tracker->sessions, known)->totals.flags & SESSION_COMPLETED) != 0;
    uint32_t session = sessions_restore(tracker->sessions, totals, &took, &fell, &closed);
    if (!was_completed)
        count_completed(tracker, totals);
    if (fell)
        outbox_close_epoch(tracker->outbox, &closed, seq);
    outbox_add(tracker->outbox, session, seq);
    tracker_store_later(tracker, session);
}

static bool open_journal(struct tracker *tracker, const char *folder, struct fault *why)
{
    struct journal_findings found;
    tracker->journal = journal_open(folder, (size_t)tracker->settings.segment_size, replay, tracker, &found, why);
    if (tracker->journal == NULL)
        return false;
    log_info("journal read", "segments=%u unreadable=%u records=%" PRIu64 " skipped=%" PRIu64 " sessions=%" PRIu32,
             found.segments, found.unreadable, found.good, found.damaged, sessions_count(tracker->sessions));
    return true;
}

struct tracker *tracker_new(const struct tracker_settings *settings, const char *folder, struct fault *why)
{
    struct tracker *tracker = mem_zero(1, sizeof *tracker);
    struct hash_key key;
    uint64_t seed;
    random_bytes(&key, sizeof key);
    random_bytes(&seed, sizeof seed);
    tracker->settings = *settings;
    tracker->registry = registry_new(&key);
    tracker->sessions = sessions_new(&key);
    tracker->peers = peers_new(seed);
    tracker->outbox = outbox_new(tracker->sessions);
    ring_init(&tracker->to_store, sizeof(uint32_t));
    if (!open_journal(tracker, folder, why))
        tracker_destroy(&tracker);
    return tracker;
}

void tracker_destroy(struct tracker **tracker)
{
    struct tracker *t = *tracker;
    if (t == NULL)
        return;
    journal_close(&t->journal);
    outbox_destroy(&t->outbox);
    ring_clear(&t->to_store);
    peers_destroy(&t->peers);
    sessions_destroy(&t->sessions);
    registry_destroy(&t->registry);
    free(t);
    *tracker = NULL;
}

/* ---- sessions and peers ---- */

void tracker_store_later(struct tracker *tracker, uint32_t handle)
{
    struct session *session = sessions_at(tracker->sessions, handle);
    if (session->marks & MARK_store)
        return;
    session->marks |= MARK_store;
    ring_push(&tracker->to_store, &handle);
}

void tracker_peer_gone(struct tracker *tracker, uint32_t handle)
{
    struct session *session = sessions_at(tracker->sessions, handle);
    if (session->peer == SLAB_NONE)
        return;
    struct torrent *torrent = registry_torrent_by_id(tracker->registry, session->totals.torrent);
    assert(torrent != NULL);
    swarm_remove(tracker->peers, &torrent->swarm, session->peer);
    session->peer = SLAB_NONE;
}

static void restore_peer(struct tracker *tracker, uint32_t handle, const struct announce_peer *peer, int64_t now)
{
    struct session *session = sessions_at(tracker->sessions, handle);
    const struct session_totals *totals = &session->totals;
    int64_t silent = (now - totals->seen_at) / 1000;
    if (session->peer != SLAB_NONE || (totals->flags & SESSION_STOPPED) || silent > tracker_peer_ttl(tracker) ||
        (peer->port4 == 0 && peer->port6 == 0))
        return;
    struct torrent *torrent = registry_torrent_make(tracker->registry, totals->torrent);
    session->peer = swarm_add(tracker->peers, &torrent->swarm, totals->user, handle, totals->left == 0);
    struct peer *back = peers_at(tracker->peers, session->peer);
    memcpy(back->v4, peer->v4, sizeof back->v4);
    memcpy(back->v6, peer->v6, sizeof back->v6);
    back->port4 = peer->port4;
    back->port6 = peer->port6;
    uint32_t seen = (uint32_t)(totals->seen_at / 1000);
    back->seen4 = peer->port4 != 0 ? seen : 0;
    back->seen6 = peer->port6 != 0 ? seen : 0;
}

/* Since a session not known here began at what its client reported, ratio credits what lies between its own last totals
 * and those: a row that comes after its session was met anew has nothing to add. */
void tracker_restore(struct tracker *tracker, const struct session_totals *totals, const struct announce_peer *peer,
                     int64_t now)
{
    struct session_totals closed;
    bool took, fell;
    uint32_t known = sessions_find(tracker->sessions, totals->user, totals->torrent, totals->peer_id);
    uint32_t session = sessions_restore(tracker->sessions, totals, &took, &fell, &closed);
    if (known == SLAB_NONE)
        count_completed(tracker, totals);
    if (fell)
        outbox_close_epoch(tracker->outbox, &closed, journal_next(tracker->journal));
    restore_peer(tracker, session, peer, now);
}

uint32_t tracker_peer_ttl(const struct tracker *tracker)
{
    return (uint32_t)(2 * tracker->settings.interval + 600);
}

static void on_silent(void *arg, uint32_t peer)
{
    struct tracker *tracker = arg;
    uint32_t session = peers_at(tracker->peers, peer)->session;
    tracker_peer_gone(tracker, session);
    tracker_store_later(tracker, session);
}

static unsigned steps_of(uint32_t whole_round)
{
    return SWEEP_LEAST + whole_round / (SWEEP_ROUND_SECONDS * SWEEPS_A_SECOND);
}

void tracker_sweep(struct tracker *tracker, int64_t now)
{
    int64_t oldest = now / 1000 - tracker_peer_ttl(tracker);
    peers_sweep(tracker->peers, oldest > 0 ? (uint32_t)oldest : 0, steps_of(peers_round(tracker->peers)), on_silent,
                tracker);
    sessions_sweep(tracker->sessions, now - tracker->settings.keep * 1000, steps_of(sessions_round(tracker->sessions)));
}

static uint64_t append_again(void *arg, const struct session_totals *totals)
{
    bool kept;
    return journal_append(arg, totals, &kept);
}

void tracker_tick(struct tracker *tracker)
{
    journal_forget(tracker->journal, outbox_oldest(tracker->outbox, journal_next(tracker->journal)));
    if (journal_tick(tracker->journal))
        outbox_rewrite(tracker->outbox, append_again, tracker->journal);
}

/* ---- what others are told ---- */

uint32_t torrent_seeders(const struct torrent *torrent)
{
    return torrent->swarm.seeders;
}

uint32_t torrent_leechers(const struct torrent *torrent)
{
    return torrent->swarm.count - torrent->swarm.seeders;
}

const char *tracker_scrape(struct tracker *tracker, struct slice passkey, const struct scrape *scrape,
                           struct scrape_counts counts[SCRAPE_MAX])
{
    tracker->scrapes++;
    if (!tracker->open)
        return "The tracker is starting: try again in a minute";
    const struct member *member = passkey.size == PASSKEY_SIZE ? registry_member(tracker->registry, passkey.at) : NULL;
    if (member == NULL)
        return "Unknown passkey: download the torrent file again";
    if (!member->active)
        return "Your account is disabled: see the site";
    for (unsigned i = 0; i < scrape->count; i++) {
        const struct torrent *torrent = registry_torrent(tracker->registry, scrape->info_hash[i]);
        counts[i] = (struct scrape_counts){0};
        if (torrent == NULL || !torrent->active)
            continue;
        counts[i].known = true;
        counts[i].complete = torrent_seeders(torrent);
        counts[i].incomplete = torrent_leechers(torrent);
        counts[i].downloaded = torrent->completed;
    }
    return NULL;
}
