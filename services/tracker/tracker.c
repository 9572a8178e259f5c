/* The tracker's memory: made at start from the journal, filled from feeds and database by others. What is done to it
 * now and then is upkeep.c's. */
#include "services/tracker/tracker.h"

#include "proto/proto.h"
#include "services/common/arena.h"
#include "services/common/encode.h"
#include "services/common/log.h"
#include "services/common/slab.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define PART 1000 /* peers that leave together; then announces that wait go first */

/* ---- start and end ---- */

/* What a session that was kept somewhere adds to its member and torrent. */
static void count_restored(struct tracker *tracker, const struct session_change *change)
{
    if (change->made)
        registry_member_make(tracker->registry, change->totals.user)->sessions++;
    if (change->completed)
        registry_torrent_make(tracker->registry, change->totals.torrent)->completed++;
}

/* May a member with that verdict not stay where it misses something? Before the slots are known (SLOT_none) nobody is
 * sent away for having none. */
static bool is_refused(const struct torrent *torrent, enum slot_verdict verdict)
{
    bool deleted = torrent->known && !torrent->active;
    return verdict == SLOT_deny || (deleted && verdict != SLOT_owner && verdict != SLOT_none);
}

/* When a deleted Backup may not be restored any more, the next announce of each of its peers is refused. */
static bool is_barred(const struct tracker *tracker, const struct session_totals *totals)
{
    const struct member *member = registry_member_by_user(tracker->registry, totals->user);
    const struct torrent *torrent = registry_torrent_by_id(tracker->registry, totals->torrent);
    return (member != NULL && member->known && !member->active) ||
           (torrent != NULL && torrent->known && !torrent->active && torrent->restore_until == 0) ||
           (member != NULL && torrent != NULL && totals->left > 0 &&
            is_refused(torrent, slots_get(tracker->slots, member->handle, torrent->handle, NULL)));
}

/* Puts the client of a session where it was before the process ended: into its swarm, or out of it. */
static void place_peer(struct tracker *tracker, uint32_t session, const struct session_totals *totals,
                       const struct contact *contact)
{
    if (is_barred(tracker, totals) || (totals->flags & SESSION_STOPPED) ||
        (contact->seen4 == 0 && contact->seen6 == 0)) {
        tracker_peer_gone(tracker, session);
        return;
    }
    struct torrent *torrent = registry_torrent_make(tracker->registry, totals->torrent);
    tracker_peer_here(tracker, torrent, session, totals);
    swarm_set_contact(tracker->peers, &torrent->swarm, session, contact);
}

/* All that the journal still holds may be unknown to ratio: it goes out again, which harms nothing. A record of an
 * epoch that had ended was written again (upkeep.c), and what stands before it may be all that is left of the older
 * part. */
static void replay(void *arg, uint64_t seq, const struct session_totals *totals, const struct contact *contact)
{
    struct tracker *tracker = arg;
    struct session_change change;
    uint32_t session = sessions_restore(tracker->sessions, totals, &change);
    count_restored(tracker, &change);
    if (change.fell)
        outbox_close_epoch(tracker->outbox, &change.closed, seq);
    else if (totals->epoch < change.totals.epoch)
        outbox_close_epoch(tracker->outbox, totals, seq);
    outbox_add(tracker->outbox, session, seq);
    tracker_store_later(tracker, session, seq);
    if (change.took)
        place_peer(tracker, session, &change.totals, contact);
}

static bool open_journal(struct tracker *tracker, const char *folder, int64_t now, struct fault *why)
{
    struct journal_findings found;
    tracker->journal = journal_open(folder, (size_t)tracker->settings.segment_size, replay, tracker, &found, why);
    if (tracker->journal == NULL)
        return false;
    outbox_order(tracker->outbox);
    tracker_drop_silent(tracker, now);
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
    lock_init(&tracker->lock);
    tracker->settings = *settings;
    tracker->registry = registry_new(&key);
    tracker->slots = slots_new(&key);
    tracker->sessions = sessions_new(&key, tracker->registry);
    tracker->peers = peers_new(tracker->sessions, seed);
    tracker->crowd = (struct crowd){.sessions = tracker->sessions, .peers = tracker->peers, .key = key};
    tracker->outbox = outbox_new(tracker->sessions);
    news_init(&tracker->news);
    tracker->storable = true;
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
    news_clear(&t->news);
    backlog_clear(&t->to_store);
    pairs_clear(&t->crowd.pairs);
    clients_clear(&t->clients);
    peers_destroy(&t->peers);
    sessions_destroy(&t->sessions);
    slots_destroy(&t->slots);
    registry_destroy(&t->registry);
    lock_clear(&t->lock);
    free(t);
    *tracker = NULL;
}

/* ---- sessions and peers ---- */

void tracker_store_later(struct tracker *tracker, uint32_t session, uint64_t seq)
{
    assert(lock_is_mine(&tracker->lock));
    if (sessions_mark(tracker->sessions, session, MARK_store))
        backlog_push(&tracker->to_store, session, seq);
}

/* Without addresses: those of the newest state follow. */
uint64_t tracker_journal_past(struct tracker *tracker, const struct session_totals *totals)
{
    const struct contact nowhere = {0};
    bool kept;
    return journal_append(tracker->journal, totals, &nowhere, &kept);
}

void tracker_epoch_ended(struct tracker *tracker, const struct session_totals *closed)
{
    assert(lock_is_mine(&tracker->lock));
    outbox_close_epoch(tracker->outbox, closed, tracker_journal_past(tracker, closed));
}

static struct torrent *torrent_of(const struct tracker *tracker, uint32_t session)
{
    return registry_torrent_at(tracker->registry, sessions_torrent(tracker->sessions, session));
}

void tracker_contact(const struct tracker *tracker, uint32_t session, struct contact *into)
{
    assert(lock_is_mine(&tracker->lock));
    swarm_contact(tracker->peers, &torrent_of(tracker, session)->swarm, session, into);
}

static void set_partial(struct tracker *tracker, struct torrent *torrent, uint32_t session, bool partial)
{
    bool was = (sessions_marks(tracker->sessions, session) & MARK_partial) != 0;
    if (was == partial)
        return;
    torrent->swarm.partial += partial ? 1 : UINT32_MAX;
    if (partial)
        sessions_mark(tracker->sessions, session, MARK_partial);
    else
        sessions_unmark(tracker->sessions, session, MARK_partial);
}

void tracker_peer_here(struct tracker *tracker, struct torrent *torrent, uint32_t session,
                       const struct session_totals *totals)
{
    assert(lock_is_mine(&tracker->lock));
    bool seeder = totals->left == 0;
    if (sessions_place(tracker->sessions, session) == PLACE_NONE) {
        swarm_join(tracker->peers, &torrent->swarm, session, seeder);
        if (tracker->settings.member_peers > 0)
            crowd_joined(&tracker->crowd, torrent, sessions_member(tracker->sessions, session));
    } else {
        swarm_set_seeder(tracker->peers, &torrent->swarm, session, seeder);
    }
    set_partial(tracker, torrent, session, !seeder && (totals->flags & SESSION_PAUSED) != 0);
}

void tracker_peer_gone(struct tracker *tracker, uint32_t session)
{
    assert(lock_is_mine(&tracker->lock));
    if (sessions_place(tracker->sessions, session) == PLACE_NONE)
        return;
    struct torrent *torrent = torrent_of(tracker, session);
    set_partial(tracker, torrent, session, false);
    swarm_leave(tracker->peers, &torrent->swarm, session);
    if (tracker->settings.member_peers > 0)
        crowd_left(&tracker->crowd, torrent, sessions_member(tracker->sessions, session));
}

void tracker_drop_peer(struct tracker *tracker, uint32_t session)
{
    assert(lock_is_mine(&tracker->lock));
    tracker_peer_gone(tracker, session);
    tracker_store_later(tracker, session, journal_next(tracker->journal));
}

/* Since a session not known here began at what its client reported, ratio credits what lies between its own last totals
 * and those: a row that comes after its session was met anew has nothing to add. */
bool tracker_restore(struct tracker *tracker, const struct session_totals *totals, const struct contact *contact,
                     int64_t now)
{
    assert(lock_is_mine(&tracker->lock));
    struct session_change change;
    uint32_t session = sessions_restore(tracker->sessions, totals, &change);
    count_restored(tracker, &change);
    if (change.fell)
        tracker_epoch_ended(tracker, &change.closed);
    if (change.took && (now - totals->seen_at) / 1000 <= tracker_peer_ttl(tracker))
        place_peer(tracker, session, &change.totals, contact);
    return change.took;
}

uint32_t tracker_peer_ttl(const struct tracker *tracker)
{
    return (uint32_t)(2 * tracker->settings.interval + 600);
}

/* ---- what the feeds tell ---- */

/* Of a deleted torrent all, but for those that may restore it, or give it to who restores it. Leechers come last. */
static void drop_peers(struct tracker *tracker, struct torrent *torrent)
{
    uint32_t kept = 0, restored = torrent->restore_until != 0 ? torrent->swarm.seeders : 0;
    for (uint32_t gone = 1; torrent->swarm.count > restored + kept; gone++) {
        uint32_t session = swarm_session(&torrent->swarm, torrent->swarm.count - 1 - kept);
        enum slot_verdict verdict =
            slots_get(tracker->slots, sessions_member(tracker->sessions, session), torrent->handle, NULL);
        if (torrent->restore_until != 0 && !is_refused(torrent, verdict))
            kept++;
        else
            tracker_drop_peer(tracker, session);
        if (gone % PART == 0)
            lock_breathe(&tracker->lock);
    }
}

void tracker_apply_torrent(struct tracker *tracker, const struct torrent_fact *fact)
{
    assert(lock_is_mine(&tracker->lock));
    registry_apply_torrent(tracker->registry, fact);
    struct torrent *torrent = registry_torrent_by_id(tracker->registry, fact->torrent);
    if (torrent == NULL || !torrent->known)
        return;
    if (torrent->redundancy && fact->owner != 0)
        slots_set(tracker->slots, registry_member_make(tracker->registry, fact->owner)->handle, torrent->handle,
                  SLOT_owner, slice_text(""));
    if (!torrent->active)
        drop_peers(tracker, torrent);
}

void tracker_apply_member(struct tracker *tracker, const struct member_fact *fact)
{
    assert(lock_is_mine(&tracker->lock));
    registry_apply_member(tracker->registry, fact);
    const struct member *member = registry_member_by_user(tracker->registry, fact->user);
    if (member != NULL && member->known && !member->active)
        tracker_member_departs(tracker, member->handle);
}

void tracker_apply_permit(struct tracker *tracker, const struct permit_fact *fact)
{
    assert(lock_is_mine(&tracker->lock));
    registry_apply_permit(tracker->registry, fact);
}

static enum slot_verdict verdict_of(const struct slot_fact *fact)
{
    enum slot_verdict verdict = SLOT_owner;
    if (!fact->active)
        return SLOT_none;
    while (verdict < SLOT_deny && !slice_is(fact->verdict, slot_verdict_names[verdict]))
        verdict++;
    return verdict;
}

static void drop_leechers(struct tracker *tracker, const struct swarm *swarm, uint32_t member)
{
    for (uint32_t place = swarm->count; place-- > swarm->seeders;)
        if (swarm_is_of(tracker->peers, swarm, place, member))
            tracker_drop_peer(tracker, swarm_session(swarm, place));
}

void tracker_apply_slot(struct tracker *tracker, const struct slot_fact *fact)
{
    assert(lock_is_mine(&tracker->lock));
    const struct torrent *torrent = registry_torrent_make(tracker->registry, fact->torrent);
    uint32_t member = registry_member_make(tracker->registry, fact->user)->handle;
    enum slot_verdict verdict = verdict_of(fact);
    slots_set(tracker->slots, member, torrent->handle, verdict, fact->reason);
    if (verdict == SLOT_none || is_refused(torrent, verdict))
        drop_leechers(tracker, &torrent->swarm, member);
}

void tracker_apply_client(struct tracker *tracker, const struct client_fact *fact)
{
    assert(lock_is_mine(&tracker->lock));
    clients_apply(&tracker->clients, fact);
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
    assert(lock_is_mine(&tracker->lock));
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
