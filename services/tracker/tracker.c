/* The tracker's memory: made at start from the journal, filled from feeds and database by others, swept a little at a
 * time. */
#include "services/tracker/tracker.h"

#include "proto/proto.h"
#include "services/common/arena.h"
#include "services/common/encode.h"
#include "services/common/log.h"
#include "services/common/slab.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
    SWEEP_ROUND_SECONDS = 60, /* every peer is looked at in about so long, */
    SWEEPS_A_SECOND = 4,
    SWEEP_LEAST = 64,
    DEPARTURE_SWEEPS = 3, /* so that a disabled member is gone within a second */
    DEPARTURE_LEAST = 65536,
};

/* ---- start and end ---- */

static void count_completed(struct tracker *tracker, const struct session_totals *totals)
{
    if (totals->flags & SESSION_COMPLETED)
        registry_torrent_make(tracker->registry, totals->torrent)->completed++;
}

static bool is_barred(const struct tracker *tracker, const struct session_totals *totals)
{
    const struct member *member = registry_member_by_user(tracker->registry, totals->user);
    const struct torrent *torrent = registry_torrent_by_id(tracker->registry, totals->torrent);
    return (member != NULL && member->known && !member->active) ||
           (torrent != NULL && torrent->known && !torrent->active);
}

/* Puts the client of a session where it was before the process ended: into its swarm, or out of it. */
static void place_peer(struct tracker *tracker, uint32_t handle, const struct contact *contact)
{
    struct session *session = sessions_at(tracker->sessions, handle);
    const struct session_totals *totals = &session->totals;
    if (is_barred(tracker, totals) || (totals->flags & SESSION_STOPPED) ||
        (contact->seen4 == 0 && contact->seen6 == 0)) {
        tracker_peer_gone(tracker, handle);
        return;
    }
    struct torrent *torrent = registry_torrent_make(tracker->registry, totals->torrent);
    tracker_peer_here(tracker, torrent, handle);
    peer_set_contact(peers_at(tracker->peers, session->peer), contact);
}

/* All that the journal still holds may be unknown to ratio: it goes out again, which harms nothing. */
static void replay(void *arg, uint64_t seq, const struct session_totals *totals, const struct contact *contact)
{
    struct tracker *tracker = arg;
    struct session_totals closed;
    bool took, fell;
    uint32_t known = sessions_find(tracker->sessions, totals->user, totals->torrent, totals->peer_id);
    bool was_completed =
        known != SLAB_NONE && (sessions_at(tracker->sessions, known)->totals.flags & SESSION_COMPLETED) != 0;
    uint32_t session = sessions_restore(tracker->sessions, totals, &took, &fell, &closed);
    if (known == SLAB_NONE)
        registry_member_make(tracker->registry, totals->user)->sessions++;
    if (!was_completed)
        count_completed(tracker, totals);
    if (fell)
        outbox_close_epoch(tracker->outbox, &closed, seq);
    outbox_add(tracker->outbox, session, seq);
    tracker_store_later(tracker, session, seq);
    if (took)
        place_peer(tracker, session, contact);
}

/* Not journalled: why it left is known at a start, too. */
static void drop_peer(void *arg, uint32_t peer)
{
    struct tracker *tracker = arg;
    uint32_t session = peers_at(tracker->peers, peer)->session;
    tracker_peer_gone(tracker, session);
    tracker_store_later(tracker, session, journal_next(tracker->journal));
}

static void drop_silent(struct tracker *tracker, int64_t now, uint32_t steps)
{
    int64_t oldest = now / 1000 - tracker_peer_ttl(tracker);
    peers_sweep(tracker->peers, oldest > 0 ? (uint32_t)oldest : 0, steps, drop_peer, tracker);
}

static bool open_journal(struct tracker *tracker, const char *folder, int64_t now, struct fault *why)
{
    struct journal_findings found;
    tracker->journal = journal_open(folder, (size_t)tracker->settings.segment_size, replay, tracker, &found, why);
    if (tracker->journal == NULL)
        return false;
    drop_silent(tracker, now, peers_round(tracker->peers));
    log_info("journal read",
             "segments=%u unreadable=%u records=%" PRIu64 " skipped=%" PRIu64 " sessions=%" PRIu32 " peers=%" PRIu32,
             found.segments, found.unreadable, found.good, found.damaged, sessions_count(tracker->sessions),
             peers_count(tracker->peers));
    return true;
}

struct tracker *tracker_new(const struct tracker_settings *settings, const char *folder, int64_t now, struct fault *why)
{
    struct tracker *tracker = mem_zero(1, sizeof *tracker);
    struct hash_key key;
    uint64_t seed;
    random_bytes(&key, sizeof key);
    random_bytes(&seed, sizeof seed);
    tracker->settings = *settings;
    tracker->key = key;
    tracker->registry = registry_new(&key);
    tracker->sessions = sessions_new(&key);
    tracker->peers = peers_new(seed);
    tracker->outbox = outbox_new(tracker->sessions);
    tracker->storable = true;
    ring_init(&tracker->to_store, sizeof(struct to_store));
    if (!open_journal(tracker, folder, now, why))
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
    pairs_clear(&t->pairs);
    clients_clear(&t->clients);
    peers_destroy(&t->peers);
    sessions_destroy(&t->sessions);
    registry_destroy(&t->registry);
    free(t);
    *tracker = NULL;
}

/* ---- sessions and peers ---- */

void tracker_store_later(struct tracker *tracker, uint32_t handle, uint64_t seq)
{
    struct session *session = sessions_at(tracker->sessions, handle);
    if (session->marks & MARK_store)
        return;
    session->marks |= MARK_store;
    ring_push(&tracker->to_store, &(struct to_store){.seq = seq, .session = handle});
}

void tracker_contact(const struct tracker *tracker, uint32_t handle, struct contact *into)
{
    const struct session *session = sessions_at(tracker->sessions, handle);
    *into = (struct contact){0};
    if (session->peer != SLAB_NONE)
        peer_contact(peers_at(tracker->peers, session->peer), into);
}

static void set_partial(struct torrent *torrent, struct session *session, bool partial)
{
    bool was = (session->marks & MARK_partial) != 0;
    if (was == partial)
        return;
    session->marks ^= MARK_partial;
    torrent->swarm.partial += partial ? 1 : UINT32_MAX;
}

void tracker_peer_here(struct tracker *tracker, struct torrent *torrent, uint32_t handle)
{
    struct session *session = sessions_at(tracker->sessions, handle);
    const struct session_totals *totals = &session->totals;
    bool seeder = totals->left == 0;
    if (session->peer == SLAB_NONE) {
        session->peer = swarm_add(tracker->peers, &torrent->swarm, totals->user, handle, seeder);
        if (tracker->settings.member_peers > 0)
            pairs_add(&tracker->pairs, pairs_key(&tracker->key, totals->user, torrent->id));
    } else {
        swarm_set_seeder(tracker->peers, &torrent->swarm, session->peer, seeder);
    }
    set_partial(torrent, session, !seeder && (totals->flags & SESSION_PAUSED) != 0);
}

void tracker_peer_gone(struct tracker *tracker, uint32_t handle)
{
    struct session *session = sessions_at(tracker->sessions, handle);
    if (session->peer == SLAB_NONE)
        return;
    struct torrent *torrent = registry_torrent_by_id(tracker->registry, session->totals.torrent);
    assert(torrent != NULL);
    set_partial(torrent, session, false);
    swarm_remove(tracker->peers, &torrent->swarm, session->peer);
    session->peer = SLAB_NONE;
    if (tracker->settings.member_peers > 0)
        pairs_remove(&tracker->pairs, pairs_key(&tracker->key, session->totals.user, torrent->id));
}

/* The database does not know when each of the two addresses was used last. */
static struct contact contact_of(const struct announce_peer *peer, int64_t seen_at)
{
    uint32_t seen = (uint32_t)(seen_at / 1000);
    struct contact contact = {.port4 = peer->port4, .port6 = peer->port6};
    memcpy(contact.v4, peer->v4, sizeof contact.v4);
    memcpy(contact.v6, peer->v6, sizeof contact.v6);
    contact.seen4 = peer->port4 != 0 ? seen : 0;
    contact.seen6 = peer->port6 != 0 ? seen : 0;
    return contact;
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
    if (known == SLAB_NONE) {
        registry_member_make(tracker->registry, totals->user)->sessions++;
        count_completed(tracker, totals);
    }
    if (fell)
        outbox_close_epoch(tracker->outbox, &closed, journal_next(tracker->journal));
    if (!took || (now - totals->seen_at) / 1000 > tracker_peer_ttl(tracker))
        return;
    struct contact contact = contact_of(peer, totals->seen_at);
    place_peer(tracker, session, &contact);
}

uint32_t tracker_peer_ttl(const struct tracker *tracker)
{
    return (uint32_t)(2 * tracker->settings.interval + 600);
}

static unsigned steps_of(uint32_t whole_round)
{
    return SWEEP_LEAST + whole_round / (SWEEP_ROUND_SECONDS * SWEEPS_A_SECOND);
}

static void drop_departed(void *arg, uint32_t peer)
{
    struct tracker *tracker = arg;
    uint64_t user = peers_at(tracker->peers, peer)->user;
    if ((tracker->departures.users[user / 64 % 64] >> (user % 64) & 1) == 0)
        return;
    const struct member *member = registry_member_by_user(tracker->registry, user);
    if (member != NULL && member->known && !member->active)
        drop_peer(tracker, peer);
}

static void sweep_departures(struct tracker *tracker)
{
    struct departures *departures = &tracker->departures;
    uint32_t part = DEPARTURE_LEAST + peers_round(tracker->peers) / DEPARTURE_SWEEPS;
    if (departures->steps == 0)
        return;
    part = part < departures->steps ? part : departures->steps;
    peers_visit(tracker->peers, &departures->place, part, drop_departed, tracker);
    departures->steps -= part;
    if (departures->steps == 0)
        memset(departures->users, 0, sizeof departures->users);
}

/* ---- what the feeds tell ---- */

void tracker_apply_torrent(struct tracker *tracker, const struct torrent_fact *fact)
{
    registry_apply_torrent(tracker->registry, fact);
    struct torrent *torrent = registry_torrent_by_id(tracker->registry, fact->torrent);
    while (torrent != NULL && torrent->known && !torrent->active && torrent->swarm.count > 0)
        drop_peer(tracker, torrent->swarm.peers[torrent->swarm.count - 1]);
}

void tracker_apply_member(struct tracker *tracker, const struct member_fact *fact)
{
    registry_apply_member(tracker->registry, fact);
    const struct member *member = registry_member_by_user(tracker->registry, fact->user);
    if (member == NULL || !member->known || member->active)
        return;
    tracker->departures.users[fact->user / 64 % 64] |= UINT64_C(1) << (fact->user % 64);
    tracker->departures.steps = peers_round(tracker->peers);
}

void tracker_apply_permit(struct tracker *tracker, const struct permit_fact *fact)
{
    registry_apply_permit(tracker->registry, fact);
}

void tracker_apply_client(struct tracker *tracker, const struct client_fact *fact)
{
    clients_apply(&tracker->clients, fact);
}

/* ---- now and then ---- */

static void on_forgotten(void *arg, uint64_t user)
{
    struct tracker *tracker = arg;
    registry_member_make(tracker->registry, user)->sessions--;
}

void tracker_sweep(struct tracker *tracker, int64_t now)
{
    drop_silent(tracker, now, steps_of(peers_round(tracker->peers)));
    sweep_departures(tracker);
    sessions_sweep(tracker->sessions, now - tracker->settings.keep * 1000, steps_of(sessions_round(tracker->sessions)),
                   on_forgotten, tracker);
}

/* A row that is not the session's newest state has no addresses: a newer one follows it. */
static uint64_t append_again(void *arg, const struct session_totals *totals)
{
    struct tracker *tracker = arg;
    struct contact contact = {0};
    uint32_t handle = sessions_find(tracker->sessions, totals->user, totals->torrent, totals->peer_id);
    if (handle != SLAB_NONE) {
        const struct session_totals *now = &sessions_at(tracker->sessions, handle)->totals;
        if (now->epoch == totals->epoch && now->seen_at == totals->seen_at)
            tracker_contact(tracker, handle, &contact);
    }
    bool kept;
    return journal_append(tracker->journal, totals, &contact, &kept);
}

/* What ratio has acknowledged but nobody stored. */
static void append_unstored(struct tracker *tracker)
{
    for (size_t i = 0; i < tracker->to_store.count; i++) {
        const struct to_store *waiting = ring_at(&tracker->to_store, i);
        const struct session *session = sessions_at(tracker->sessions, waiting->session);
        if (!(session->marks & MARK_report))
            append_again(tracker, &session->totals);
    }
}

/* Records below this seq are acknowledged by ratio and, while PostgreSQL is there, stored. */
static uint64_t oldest_needed(const struct tracker *tracker)
{
    uint64_t next = journal_next(tracker->journal), oldest = outbox_oldest(tracker->outbox, next);
    if (!tracker->storable)
        return oldest;
    if (tracker->to_store.count > 0) {
        uint64_t waiting = ((const struct to_store *)ring_at(&tracker->to_store, 0))->seq;
        oldest = waiting < oldest ? waiting : oldest;
    }
    return tracker->storing_seq != 0 && tracker->storing_seq < oldest ? tracker->storing_seq : oldest;
}

void tracker_tick(struct tracker *tracker)
{
    journal_forget(tracker->journal, oldest_needed(tracker));
    if (!journal_tick(tracker->journal))
        return;
    outbox_rewrite(tracker->outbox, append_again, tracker);
    append_unstored(tracker);
}

/* ---- what others are told ---- */

uint32_t torrent_seeders(const struct torrent *torrent)
{
    return torrent->swarm.seeders;
}

uint32_t torrent_completed(const struct torrent *torrent)
{
    return torrent->completed > torrent->completed_least ? torrent->completed : torrent->completed_least;
}

uint32_t torrent_leechers(const struct torrent *torrent)
{
    return torrent->swarm.count - torrent->swarm.seeders;
}

uint32_t torrent_downloaders(const struct torrent *torrent)
{
    return torrent_leechers(torrent) - torrent->swarm.partial;
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
        counts[i].downloaders = torrent_downloaders(torrent);
        counts[i].downloaded = torrent_completed(torrent);
    }
    return NULL;
}
