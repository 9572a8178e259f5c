/* Connections that nobody has claimed yet are few, and have 10 s to say what they want. */
#include "services/ratio/auditor/auditor.h"

#include "services/common/arena.h"
#include "services/common/clock.h"
#include "services/common/listen.h"

#include <stdlib.h>
#include <unistd.h>

#define GUESTS_MAX 64

struct door {
    struct auditor *auditor;
    struct loop_watch *watch;
    int fd;
    struct link_host host;
    struct link *guests[GUESTS_MAX]; /* NULL: nobody */
};

static struct link **place_of(struct door *door, const struct link *link)
{
    for (int i = 0; i < GUESTS_MAX; i++)
        if (door->guests[i] == link)
            return &door->guests[i];
    return NULL;
}

static void on_done(void *arg, struct link *link, const struct link_end *end)
{
    struct door *door = arg;
    (void)end;
    link_destroy(place_of(door, link));
}

static bool known(void *arg, const uint8_t mark[20], uint8_t info_hash[20])
{
    struct door *door = arg;
    return audits_know(door->auditor, mark, info_hash);
}

static bool claim(void *arg, struct link *link, const uint8_t info_hash[20], struct wire_goal *goal)
{
    struct door *door = arg;
    if (!audits_claim(door->auditor, link, info_hash, goal))
        return false;
    *place_of(door, link) = NULL;
    return true;
}

static void on_guest(void *arg, int events)
{
    struct door *door = arg;
    (void)events;
    for (;;) {
        struct endpoint peer = {.size = sizeof peer.six};
        int fd = accept4(door->fd, &peer.any, &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        struct link **place = place_of(door, NULL);
        if (place == NULL) {
            close(fd);
            continue;
        }
        door->auditor->total.accepted++;
        *place = link_accept(door->auditor->loop, fd, &peer, &door->host, clock_ticks());
    }
}

struct door *door_new(struct auditor *auditor, const char *address, struct fault *why)
{
    int fd = listen_socket(address, SOCK_STREAM, false, why);
    if (fd < 0)
        return NULL;
    struct door *door = mem_zero(1, sizeof *door);
    door->auditor = auditor;
    door->fd = fd;
    door->host = (struct link_host){.known = known, .claim = claim, .done = on_done, .arg = door};
    door->watch = loop_watch_fd(auditor->loop, fd, LOOP_READ, on_guest, door);
    return door;
}

void door_tick(struct door *door, int64_t now)
{
    for (int i = 0; i < GUESTS_MAX; i++)
        if (door->guests[i] != NULL)
            link_tick(door->guests[i], now);
}

void door_destroy(struct door **door)
{
    if (*door == NULL)
        return;
    for (int i = 0; i < GUESTS_MAX; i++)
        link_destroy(&(*door)->guests[i]);
    loop_unwatch(&(*door)->watch);
    close((*door)->fd);
    free(*door);
    *door = NULL;
}
