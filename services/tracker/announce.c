/* The life of an announce: admitted or refused, its session's totals taken and journalled, its peer brought up to date,
 * peers chosen. Nothing is allocated per announce but for a peer or session that is new. */
#include "services/common/slab.h"
#include "services/tracker/admission.h"

#include "proto/proto.h"

#include <stdio.h>

#define RETRY_MALFORMED 1800

/* The old epoch's last totals go out before the new ones. */
static void note_change(struct tracker *tracker, uint32_t session, const struct session_totals *closed)
{
    bool kept;
    struct contact contact;
    tracker_contact(tracker, session, &contact);
    uint64_t seq = journal_append(tracker->journal, &sessions_at(tracker->sessions, session)->totals, &contact, &kept);
    if (closed != NULL)
        outbox_close_epoch(tracker->outbox, closed, seq);
    outbox_add(tracker->outbox, session, seq);
    tracker_store_later(tracker, session, seq);
}

/* What an announce did to its session, until it is noted in the journal. */
struct taken {
    uint32_t session;
    bool fell;
    struct session_totals closed;
};

static void count_snatch(struct torrent *torrent)
{
    torrent->completed++;
    torrent->completed_least++;
}

static void take_totals(struct tracker *tracker, const struct admission *who, const struct announce *ask,
                        uint32_t known, int64_t now, struct taken *taken)
{
    bool was_completed =
        known != SLAB_NONE && (sessions_at(tracker->sessions, known)->totals.flags & SESSION_COMPLETED) != 0;
    taken->session = sessions_announce(tracker->sessions, who->member->user, who->torrent->id, ask, now, &taken->fell,
                                       &taken->closed);
    if (known == SLAB_NONE)
        who->member->sessions++;
    if (!was_completed && (sessions_at(tracker->sessions, taken->session)->totals.flags & SESSION_COMPLETED))
        count_snatch(who->torrent);
}

static void take_peer(struct tracker *tracker, struct torrent *torrent, uint32_t handle, const struct announce *ask,
                      int64_t now)
{
    tracker_peer_here(tracker, torrent, handle);
    peer_seen(peers_at(tracker->peers, sessions_at(tracker->sessions, handle)->peer), &ask->address, ask->port,
              (uint32_t)(now / 1000), tracker_peer_ttl(tracker));
}

/* Only the long form needs the peer_id, which lies elsewhere: reading it costs more than all the rest. */
static void describe_peer(const struct tracker *tracker, uint32_t handle, bool compact, struct announce_peer *into)
{
    const struct peer *peer = peers_at(tracker->peers, handle);
    if (!compact)
        memcpy(into->peer_id, sessions_at(tracker->sessions, peer->session)->totals.peer_id, PEER_ID_SIZE);
    memcpy(into->v4, peer->v4, sizeof into->v4);
    memcpy(into->v6, peer->v6, sizeof into->v6);
    into->port4 = peer->port4;
    into->port6 = peer->port6;
}

/* A seeder has no use for seeders, nor has a partial seed. */
static void choose_peers(struct tracker *tracker, const struct torrent *torrent, uint64_t user,
                         const struct announce *ask, struct announce_reply *reply)
{
    uint32_t chosen[PEERS_MAX];
    bool leechers_only = (ask->left_known && ask->left == 0) || ask->event == EVENT_paused;
    reply->peers_count = swarm_choose(tracker->peers, &torrent->swarm, user, leechers_only, ask->numwant, chosen);
    for (unsigned i = 0; i < reply->peers_count; i++)
        describe_peer(tracker, chosen[i], ask->compact, &reply->peers[i]);
}

static void begin_reply(const struct tracker *tracker, const struct announce *ask, struct announce_reply *reply)
{
    reply->failure = NULL;
    reply->interval = (uint32_t)tracker->settings.interval;
    reply->min_interval = (uint32_t)tracker->settings.min_interval;
    reply->complete = reply->incomplete = 0;
    reply->external = ask->address;
    reply->peers_count = 0;
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
    tracker->outcomes[OUTCOME_malformed]++;
    begin_reply(tracker, ask, reply);
    fail(ask, wrong, RETRY_MALFORMED, reply);
}

/* A refused announce opens no session, but what a known one has moved until now is taken all the same; and its client
 * is no longer given out. */
static void settle_refused(struct tracker *tracker, const struct admission *who, const struct announce *ask,
                           uint32_t session, int64_t now)
{
    bool takes_new = ask->event == EVENT_stopped && who->outcome != OUTCOME_limit;
    if (who->member == NULL || who->torrent == NULL || (session == SLAB_NONE && !takes_new))
        return;
    struct taken taken;
    take_totals(tracker, who, ask, session, now, &taken);
    tracker_peer_gone(tracker, taken.session);
    note_change(tracker, taken.session, taken.fell ? &taken.closed : NULL);
}

static void settle_taken(struct tracker *tracker, const struct admission *who, const struct announce *ask,
                         uint32_t known, int64_t now, struct announce_reply *reply)
{
    struct taken taken;
    take_totals(tracker, who, ask, known, now, &taken);
    if (ask->event == EVENT_stopped)
        tracker_peer_gone(tracker, taken.session);
    else
        take_peer(tracker, who->torrent, taken.session, ask, now);
    note_change(tracker, taken.session, taken.fell ? &taken.closed : NULL);
    if (ask->event != EVENT_stopped)
        choose_peers(tracker, who->torrent, who->member->user, ask, reply);
    reply->complete = torrent_seeders(who->torrent);
    reply->incomplete = torrent_leechers(who->torrent);
}

void tracker_announce(struct tracker *tracker, const struct announce *ask, int64_t now, struct announce_reply *reply)
{
    struct admission who = admission_of(tracker, ask);
    uint32_t known = SLAB_NONE;
    if (who.member != NULL && who.torrent != NULL)
        known = sessions_find(tracker->sessions, who.member->user, who.torrent->id, ask->peer_id);
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
