/* A worker waits in recvmmsg and takes what has come at once. Packets are read and answers written without the
 * tracker's lock, which is taken for a few announces at a time. Whoever has no connection id costs the worker as little
 * as can be: his packet is not looked at any further. */
#include "services/tracker/udp.h"

#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/common/log.h"
#include "services/tracker/udp_socket.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct job {
    struct udp_head head;
    struct address from;
    struct announce ask;
    const char *wrong;
    size_t size; /* of the packet */
    struct udp_reply *into;
};

struct udp {
    struct tracker *tracker;
    struct connection_key key;
    struct callers *callers;
    struct udp_socket *socket;
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    atomic_uint_least64_t connects, announces, scrapes, ignored;
    struct job jobs[ANNOUNCES_MAX];
    struct announce_reply replies[ANNOUNCES_MAX];
    unsigned jobs_count;
};

static void count(atomic_uint_least64_t *counter, uint64_t more)
{
    atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

/* ---- announces ---- */

static void ask_tracker(struct udp *udp, int64_t now)
{
    const struct announce *asks[ANNOUNCES_MAX];
    struct announce_reply *replies[ANNOUNCES_MAX];
    unsigned count = 0;
    lock_take(&udp->tracker->lock);
    for (unsigned i = 0; i < udp->jobs_count; i++) {
        const struct job *job = &udp->jobs[i];
        asks[count] = &job->ask;
        replies[count] = &udp->replies[i];
        if (job->wrong != NULL)
            tracker_malformed(udp->tracker, &job->ask, job->wrong, &udp->replies[i]);
        else
            count++;
    }
    tracker_announce_all(udp->tracker, asks, count, now, replies);
    for (unsigned i = 0; i < udp->jobs_count; i++)
        if (udp->jobs[i].wrong == NULL && udp->replies[i].failure == NULL)
            callers_note(udp->callers, &udp->jobs[i].from, udp->jobs[i].ask.passkey);
    lock_give(&udp->tracker->lock);
}

static void settle(struct udp *udp, int64_t now)
{
    if (udp->jobs_count == 0)
        return;
    ask_tracker(udp, now);
    for (unsigned i = 0; i < udp->jobs_count; i++) {
        const struct job *job = &udp->jobs[i];
        if (udp->replies[i].failure != NULL)
            udp_error_write(job->head.transaction, udp->replies[i].failure, job->size, job->into);
        else
            udp_announce_write(job->head.transaction, &udp->replies[i], job->into);
    }
    count(&udp->announces, udp->jobs_count);
    udp->jobs_count = 0;
}

static void take_announce(struct udp *udp, const struct udp_head *head, struct slice packet, const struct address *from,
                          int64_t now, struct udp_reply *into)
{
    struct job *job = &udp->jobs[udp->jobs_count++];
    job->head = *head;
    job->from = *from;
    job->size = packet.size;
    job->into = into;
    job->wrong = udp_announce_read(packet, from, &job->ask);
    if (udp->jobs_count == ANNOUNCES_MAX)
        settle(udp, now);
}

/* ---- the others ---- */

static void scrape(struct udp *udp, const struct udp_head *head, struct slice packet, const struct address *from,
                   struct udp_reply *into)
{
    struct scrape scrape;
    struct scrape_counts counts[SCRAPE_MAX];
    const char *wrong = udp_scrape_read(packet, &scrape);
    count(&udp->scrapes, 1);
    if (wrong == NULL) {
        lock_take(&udp->tracker->lock);
        struct slice passkey = callers_passkey(udp->callers, from);
        wrong = passkey.size == 0 ? "Announce first" : tracker_scrape(udp->tracker, passkey, &scrape, counts);
        lock_give(&udp->tracker->lock);
    }
    if (wrong != NULL)
        udp_error_write(head->transaction, wrong, packet.size, into);
    else
        udp_scrape_write(head->transaction, &scrape, counts, into);
}

static void answer(struct udp *udp, struct slice packet, const struct address *from, int64_t now,
                   struct udp_reply *into)
{
    struct udp_head head;
    bool understood = udp_head_read(packet, &head) && from->family != FAMILY_none;
    if (understood && head.action == UDP_connect && head.connection == UDP_MAGIC) {
        count(&udp->connects, 1);
        udp_connect_write(head.transaction, connection_id_give(&udp->key, from, now), into);
        return;
    }
    if (!understood || (head.action != UDP_announce && head.action != UDP_scrape) ||
        !connection_id_taken(&udp->key, from, now, head.connection)) {
        count(&udp->ignored, 1);
        return;
    }
    if (head.action == UDP_announce)
        take_announce(udp, &head, packet, from, now, into);
    else
        scrape(udp, &head, packet, from, into);
}

/* ---- the thread ---- */

static void *run(void *arg)
{
    struct udp *udp = arg;
    unsigned came;
    /* Once it has been shut down the socket gives what it still had, then nothing. */
    while ((came = udp_socket_receive(udp->socket)) > 0 || !atomic_load(&udp->stopping)) {
        int64_t now = clock_now();
        for (unsigned at = 0; at < came; at++) {
            struct address from = udp_socket_from(udp->socket, at);
            answer(udp, udp_socket_packet(udp->socket, at), &from, now, udp_socket_reply(udp->socket, at));
        }
        settle(udp, now);
        udp_socket_send(udp->socket);
    }
    return NULL;
}

struct udp *udp_new(struct tracker *tracker, const char *listen, bool shared, const struct connection_key *key,
                    struct callers *callers, struct fault *why)
{
    struct udp_socket *socket = udp_socket_new(listen, shared, why);
    if (socket == NULL)
        return NULL;
    struct udp *udp = mem_zero(1, sizeof *udp);
    udp->tracker = tracker;
    udp->key = *key;
    udp->socket = socket;
    udp->callers = callers;
    return udp;
}

void udp_start(struct udp *udp)
{
    if (pthread_create(&udp->thread, NULL, run, udp) != 0)
        fatal("Cannot start a thread for announces: raise the limit of processes of this user.");
    udp->started = true;
}

void udp_stop(struct udp *udp)
{
    atomic_store(&udp->stopping, true);
    udp_socket_shut(udp->socket);
}

void udp_destroy(struct udp **handle)
{
    struct udp *udp = *handle;
    if (udp == NULL)
        return;
    udp_stop(udp);
    if (udp->started)
        pthread_join(udp->thread, NULL);
    udp_socket_destroy(&udp->socket);
    free(udp);
    *handle = NULL;
}

struct udp_counters udp_count(const struct udp *udp)
{
    return (struct udp_counters){
        .connects = atomic_load_explicit(&udp->connects, memory_order_relaxed),
        .announces = atomic_load_explicit(&udp->announces, memory_order_relaxed),
        .scrapes = atomic_load_explicit(&udp->scrapes, memory_order_relaxed),
        .ignored = atomic_load_explicit(&udp->ignored, memory_order_relaxed),
    };
}
