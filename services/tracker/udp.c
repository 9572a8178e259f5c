/* Between packets and struct announce. Whoever has not shown, by a connection id, that answers reach its address gets
 * 16 bytes for 16, or nothing. A scrape has no place for a passkey: it is answered to addresses whose announces told
 * one. */
#include "services/tracker/udp.h"

#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/common/encode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define BATCHES_AT_ONCE 4 /* then others of the loop have their turn */
#define KEY_FILE "udp.key"
#define CALLERS 4096 /* addresses that announced lately, each in its one place */

struct caller {
    struct address address;
    char passkey[PASSKEY_SIZE];
};

struct udp {
    struct tracker *tracker;
    struct connection_key key;
    struct udp_socket *socket;
    struct loop_watch *watch;
    struct udp_counters counters;
    struct caller *callers;
    struct announce_reply reply; /* of the announce being answered: too large for the stack */
};

/* ---- the key ---- */

static bool key_make(int folder, uint8_t secret[SIPHASH_KEY_SIZE])
{
    random_bytes(secret, SIPHASH_KEY_SIZE);
    int fd = openat(folder, KEY_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool made = fd >= 0 && write(fd, secret, SIPHASH_KEY_SIZE) == SIPHASH_KEY_SIZE;
    if (fd >= 0)
        close(fd);
    return made;
}

bool udp_key_read(const char *folder, struct connection_key *into, struct fault *why)
{
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = at >= 0 ? openat(at, KEY_FILE, O_RDONLY | O_CLOEXEC) : -1;
    bool whole = fd >= 0 && read(fd, into->secret, SIPHASH_KEY_SIZE) == SIPHASH_KEY_SIZE;
    if (fd >= 0)
        close(fd);
    /* A full disk must not keep the tracker from starting: without the file ids end with the process. */
    bool usable = at >= 0 && (whole || key_make(at, into->secret) || errno == ENOSPC);
    if (at >= 0)
        close(at);
    return usable || fault_set(why, STATUS_internal, "DJEMBE_STATE", "Cannot write %s/" KEY_FILE ": %s.", folder,
                               strerror(errno));
}

/* ---- one packet ---- */

static struct caller *caller_of(struct udp *udp, const struct address *address)
{
    return &udp->callers[siphash(udp->key.secret, address->bytes, sizeof address->bytes) % CALLERS];
}

static bool same_address(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == FAMILY_v6 ? 16 : 4) == 0;
}

static void announce(struct udp *udp, const struct udp_head *head, struct slice packet, const struct address *from,
                     int64_t now, struct udp_reply *into)
{
    struct announce ask;
    const char *wrong = udp_announce_read(packet, from, &ask);
    udp->counters.announces++;
    if (wrong != NULL)
        tracker_malformed(udp->tracker, &ask, wrong, &udp->reply);
    else
        tracker_announce(udp->tracker, &ask, now, &udp->reply);
    if (udp->reply.failure != NULL) {
        udp_error_write(head->transaction, udp->reply.failure, packet.size, into);
        return;
    }
    if (wrong != NULL) { /* a goodbye that makes no sense: it is let go, and told nothing of anybody */
        udp_announce_write(head->transaction, &udp->reply, into);
        return;
    }
    struct caller *caller = caller_of(udp, from);
    caller->address = *from;
    memcpy(caller->passkey, ask.passkey, PASSKEY_SIZE);
    udp_announce_write(head->transaction, &udp->reply, into);
}

static void scrape(struct udp *udp, const struct udp_head *head, struct slice packet, const struct address *from,
                   struct udp_reply *into)
{
    struct scrape scrape;
    struct scrape_counts counts[SCRAPE_MAX];
    const struct caller *caller = caller_of(udp, from);
    const char *wrong = udp_scrape_read(packet, &scrape);
    udp->counters.scrapes++;
    if (wrong == NULL && !same_address(&caller->address, from))
        wrong = "Announce first";
    if (wrong == NULL)
        wrong = tracker_scrape(udp->tracker, slice_of(caller->passkey, PASSKEY_SIZE), &scrape, counts);
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
        udp->counters.connects++;
        udp_connect_write(head.transaction, connection_id_give(&udp->key, from, now), into);
        return;
    }
    if (!understood || (head.action != UDP_announce && head.action != UDP_scrape) ||
        !connection_id_taken(&udp->key, from, now, head.connection)) {
        udp->counters.ignored++;
        return;
    }
    if (head.action == UDP_announce)
        announce(udp, &head, packet, from, now, into);
    else
        scrape(udp, &head, packet, from, into);
}

/* ---- in the loop ---- */

static void on_ready(void *arg, int events)
{
    (void)events;
    struct udp *udp = arg;
    unsigned count = UDP_BATCH;
    for (int i = 0; i < BATCHES_AT_ONCE && count == UDP_BATCH; i++) {
        count = udp_socket_receive(udp->socket);
        int64_t now = clock_now();
        for (unsigned at = 0; at < count; at++) {
            struct address from = udp_socket_from(udp->socket, at);
            answer(udp, udp_socket_packet(udp->socket, at), &from, now, udp_socket_reply(udp->socket, at));
        }
        udp_socket_send(udp->socket);
    }
}

struct udp *udp_new(struct loop *loop, struct tracker *tracker, const char *listen, const struct connection_key *key,
                    struct fault *why)
{
    struct udp_socket *socket = udp_socket_new(listen, false, why);
    if (socket == NULL)
        return NULL;
    struct udp *udp = mem_zero(1, sizeof *udp);
    udp->tracker = tracker;
    udp->key = *key;
    udp->socket = socket;
    udp->callers = mem_zero(CALLERS, sizeof *udp->callers);
    udp->watch = loop_watch_fd(loop, udp_socket_fd(socket), LOOP_READ, on_ready, udp);
    return udp;
}

void udp_destroy(struct udp **handle)
{
    struct udp *udp = *handle;
    if (udp == NULL)
        return;
    loop_unwatch(&udp->watch);
    udp_socket_destroy(&udp->socket);
    free(udp->callers);
    free(udp);
    *handle = NULL;
}

struct udp_counters udp_count(const struct udp *udp)
{
    return udp->counters;
}
