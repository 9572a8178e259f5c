/* The life of an announce: admitted or refused, its session's totals taken and journalled, its peer brought up to date,
 * peers chosen. Nothing is allocated per announce but for a peer or session that is new. */
#include "services/common/slab.h"
#include "services/tracker/admission.h"

#include "proto/proto.h"

#include <assert.h>
#include <stdio.h>

#define RETRY_MALFORMED 1800

/* The old epoch's last totals go out before the new ones. */
static void note_change(struct tracker *tracker, const struct torrent *torrent, uint32_t session,
                        const struct session_change *change)
{
    bool kept;
    struct contact contact;
    if (change->fell)
        tracker_epoch_ended(tracker, &change->closed);
    swarm_contact(tracker->peers, &torrent->swarm, session, &contact);
    uint64_t seq = journal_append(tracker->journal, &change->totals, &contact, &kept);
    outbox_add(tracker->outbox, session, seq);
    tracker_store_later(tracker, session, seq);
    news_add(&tracker->news, session);
}

static uint32_t take_totals(struct tracker *tracker, const struct admission *who, const struct announce *ask,
                            uint32_t known, int64_t now, struct session_change *change)
{
    uint32_t session =
        sessions_announce(tracker->sessions, who->member->handle, who->torrent->handle, known, ask, now, change);
    if (change->made)
        who->member->sessions++;
    if (change->completed) {
        who->torrent->completed++;
        who->torrent->completed_least++;
    }
    return session;
}

static void take_peer(struct tracker *tracker, struct torrent *torrent, uint32_t session, const struct announce *ask,
                      const struct session_change *change, int64_t now)
{
    const struct sighting sighting = {.address = &ask->address,
                                      .port = ask->port,
                                      .now = (uint32_t)(now / 1000),
                                      .before = (uint32_t)(change->seen_before / 1000),
                                      .ttl = tracker_peer_ttl(tracker)};
    tracker_peer_here(tracker, torrent, session, &change->totals);
    swarm_seen(tracker->peers, &torrent->swarm, session, &sighting);
}

static bool wants_v6(const struct announce *ask)
{
    return !ask->one_family || ask->address.family == FAMILY_v6;
}

/* Only the long form needs the peer_id, which lies elsewhere: reading it costs more than all the rest. */
static void describe_peers(const struct tracker *tracker, const struct swarm *swarm, const uint32_t *places,
                           const struct announce *ask, struct announce_reply *reply)
{
    if (ask->compact) {
        swarm_compact(tracker->peers, swarm, places, reply->peers_count, wants_v6(ask), reply);
        return;
    }
    for (unsigned i = 0; i < reply->peers_count; i++) {
        swarm_describe(tracker->peers, swarm, places[i], &reply->peers[i]);
        sessions_peer_id(tracker->sessions, swarm_session(swarm, places[i]), reply->peers[i].peer_id);
    }
}

static enum reach reach_of(const struct tracker *tracker, const struct swarm *swarm, uint32_t session,
                           const struct announce *ask)
{
    enum reach came_by = ask->address.family == FAMILY_v4 ? REACH_v4 : ask->address.family == FAMILY_v6 ? REACH_v6 : 0;
    enum reach reach = ask->one_family ? came_by : came_by | swarm_reach(tracker->peers, swarm, session);
    return reach != 0 ? reach : REACH_any;
}

/* The parts of a swarm that an asker is given peers of, one after the other; a border more than parts. */
struct choice {
    uint32_t borders[3];
    unsigned parts;
};

/* A seeder has no use for seeders, nor has a partial seed. Where copies count, a leecher is sent to those who hold one
 * before all others. */
static struct choice choice_for(const struct torrent *torrent, const struct announce *ask)
{
    const struct swarm *swarm = &torrent->swarm;
    bool leechers_only = (ask->left_known && ask->left == 0) || ask->event == EVENT_paused;
    if (torrent->redundancy && !leechers_only)
        return (struct choice){.borders = {0, swarm->seeders, swarm->count}, .parts = 2};
    return (struct choice){.borders = {leechers_only ? swarm->seeders : 0, swarm->count}, .parts = 1};
}

static unsigned choose(struct tracker *tracker, const struct swarm *swarm, const struct choice *choice,
                       struct swarm_wish wish, uint32_t *places)
{
    unsigned found = 0;
    for (unsigned i = 0; i < choice->parts; i++) {
        wish.first = choice->borders[i];
        wish.end = choice->borders[i + 1];
        unsigned came = swarm_choose(tracker->peers, swarm, &wish, places + found);
        found += came;
        wish.wanted -= came;
    }
    return found;
}

/* Peers that the asker can reach, as far as is known, come before others: it may have an address of the other family
 * that we have not seen. Where all can be given there is nothing to choose. */
static void choose_peers(struct tracker *tracker, const struct torrent *torrent, uint32_t session,
                         const struct announce *ask, struct announce_reply *reply)
{
    uint32_t places[PEERS_MAX];
    const struct swarm *swarm = &torrent->swarm;
    struct choice choice = choice_for(torrent, ask);
    struct swarm_wish wish = {.session = session,
                              .member = sessions_member(tracker->sessions, session),
                              .wanted = ask->numwant,
                              .reach = REACH_any};
    if (choice.borders[choice.parts] - choice.borders[0] > ask->numwant)
        wish.reach = reach_of(tracker, swarm, session, ask);
    wish.first = choice.borders[0];
    wish.end = choice.borders[1];
    if (ask->compact && choice.parts == 1 && swarm_choose_compact(tracker->peers, swarm, &wish, wants_v6(ask), reply))
        return;
    unsigned found = choose(tracker, swarm, &choice, wish, places);
    wish.wanted -= found;
    wish.reach = REACH_any & ~wish.reach;
    if (wish.wanted > 0 && wish.reach != 0 && !ask->one_family)
        found += choose(tracker, swarm, &choice, wish, places + found);
    reply->peers_count = found;
    describe_peers(tracker, swarm, places, ask, reply);
}

static void add_peer(const struct announce *ask, const struct announce_peer *peer, struct announce_reply *reply)
{
    reply->peers[reply->peers_count++] = *peer;
    if (ask->compact && peer->port4 != 0) {
        struct compact_v4 *v4 = &reply->v4[reply->v4_count++];
        memcpy(v4->ip, peer->v4, sizeof v4->ip);
        port_put(v4->port, peer->port4);
    }
    if (ask->compact && peer->port6 != 0) {
        struct compact_v6 *v6 = &reply->v6[reply->v6_count++];
        memcpy(v6->ip, peer->v6, sizeof v6->ip);
        port_put(v6->port, peer->port6);
    }
}

/* Whoever wants peers at all is told of the one that the auditor has introduced. */
static void add_introduced(const struct tracker *tracker, const struct admission *who, const struct announce *ask,
                           int64_t now, struct announce_reply *reply)
{
    if (tracker->introductions.count == 0 || ask->numwant == 0 || reply->peers_count == PEERS_MAX)
        return;
    const struct announce_peer *peer =
        introductions_find(&tracker->introductions, who->member->handle, who->torrent->handle, now);
    if (peer != NULL)
        add_peer(ask, peer, reply);
}

static void begin_reply(const struct tracker *tracker, const struct announce *ask, struct announce_reply *reply)
{
    reply->failure = NULL;
    reply->interval = (uint32_t)tracker->settings.interval;
    reply->min_interval = (uint32_t)tracker->settings.min_interval;
    reply->complete = reply->incomplete = 0;
    reply->external = ask->address;
    reply->peers_count = reply->v4_count = reply->v6_count = 0;
}

/* Clients repeat `stopped` until it succeeds: a failure would make them do so for ever. */
static void fail(const struct announce *ask, const char *failure, uint32_t retry, struct announce_reply *reply)
{
    if (ask->event == EVENT_stopped)
        return;
    snprintf(reply->reason, sizeof reply->reason, "%s", failure);
    reply->failure = reply->reason;
    reply->retry = retry;
}

void tracker_malformed(struct tracker *tracker, const struct announce *ask, const char *wrong,
                       struct announce_reply *reply)
{
    assert(lock_is_mine(&tracker->lock));
    tracker->outcomes[OUTCOME_malformed]++;
    begin_reply(tracker, ask, reply);
    fail(ask, wrong, RETRY_MALFORMED, reply);
}

/* A refused announce opens no session, but for a goodbye, whose totals are the last, and where it asks for a slot by
 * what it says: ratio is to hear of both. What a known session has moved until now is taken; and its client is no
 * longer given out. */
static void settle_refused(struct tracker *tracker, const struct admission *who, const struct announce *ask,
                           uint32_t session, int64_t now)
{
    bool tells = ask->event == EVENT_stopped || who->outcome == OUTCOME_slot;
    if (who->member == NULL || who->torrent == NULL)
        return;
    if (session == SLAB_NONE && (!tells || !admission_has_room(tracker, who->member)))
        return;
    struct session_change change;
    session = take_totals(tracker, who, ask, session, now, &change);
    tracker_peer_gone(tracker, session);
    note_change(tracker, who->torrent, session, &change);
}

static void settle_taken(struct tracker *tracker, const struct admission *who, const struct announce *ask,
                         uint32_t known, int64_t now, struct announce_reply *reply)
{
    struct session_change change;
    uint32_t session = take_totals(tracker, who, ask, known, now, &change);
    if (ask->event == EVENT_stopped)
        tracker_peer_gone(tracker, session);
    else
        take_peer(tracker, who->torrent, session, ask, &change, now);
    note_change(tracker, who->torrent, session, &change);
    if (ask->event != EVENT_stopped) {
        choose_peers(tracker, who->torrent, session, ask, reply);
        add_introduced(tracker, who, ask, now, reply);
    }
    reply->complete = torrent_seeders(who->torrent);
    reply->incomplete = torrent_leechers(who->torrent);
}

/* What an announce is about. */
struct subject {
    struct registry_names names;
    struct admission who;
    uint64_t session_name;
};

static bool is_known(const struct subject *subject)
{
    return subject->who.member != NULL && subject->who.torrent != NULL;
}

/* Each loop reads what the one before has asked of memory. */
static void find_subjects(const struct tracker *tracker, const struct announce *const asks[], unsigned count,
                          struct subject *subjects)
{
    for (unsigned i = 0; i < count; i++)
        subjects[i] =
            (struct subject){.names = registry_names(tracker->registry, asks[i]->passkey, asks[i]->info_hash)};
    for (unsigned i = 0; i < count; i++)
        registry_prefetch(tracker->registry, &subjects[i].names);
    for (unsigned i = 0; i < count; i++) {
        struct subject *subject = &subjects[i];
        struct admission *who = &subject->who;
        who->member = registry_member_named(tracker->registry, &subject->names, asks[i]->passkey);
        who->torrent = registry_torrent_named(tracker->registry, &subject->names, asks[i]->info_hash);
        if (is_known(subject))
            subject->session_name =
                sessions_name(tracker->sessions, who->member->handle, who->torrent->handle, asks[i]->peer_id);
    }
    for (unsigned i = 0; i < count; i++)
        if (is_known(&subjects[i]))
            sessions_prefetch_named(tracker->sessions, subjects[i].session_name);
}

/* A session may have come to be with the announce before this one. */
static void answer(struct tracker *tracker, const struct announce *ask, struct subject *subject, int64_t now,
                   struct announce_reply *reply)
{
    struct admission who = admission_of(tracker, ask, subject->who, now);
    uint32_t known = SLAB_NONE;
    if (is_known(subject))
        known = sessions_find_named(tracker->sessions, subject->session_name, who.member->handle, who.torrent->handle,
                                    ask->peer_id);
    if (who.outcome == OUTCOME_taken)
        admission_limit(tracker, ask, known, &who);
    tracker->outcomes[who.outcome]++;
    begin_reply(tracker, ask, reply);
    if (who.outcome == OUTCOME_taken) {
        settle_taken(tracker, &who, ask, known, now, reply);
        return;
    }
    settle_refused(tracker, &who, ask, known, now);
    fail(ask, who.failure, who.retry, reply);
}

void tracker_announce_all(struct tracker *tracker, const struct announce *const asks[], unsigned count, int64_t now,
                          struct announce_reply *const replies[])
{
    struct subject subjects[ANNOUNCES_MAX];
    assert(lock_is_mine(&tracker->lock) && count <= ANNOUNCES_MAX);
    find_subjects(tracker, asks, count, subjects);
    for (unsigned i = 0; i < count; i++)
        answer(tracker, asks[i], &subjects[i], now, replies[i]);
}

void tracker_announce(struct tracker *tracker, const struct announce *ask, int64_t now, struct announce_reply *reply)
{
    tracker_announce_all(tracker, &ask, 1, now, &reply);
}
