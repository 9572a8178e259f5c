/* One TCP connection to a peer, dialled or accepted, plain or with message stream encryption, that speaks the peer wire
 * (wire.h) until that has a result. */
#ifndef DJEMBE_RATIO_AUDITOR_LINK_H
#define DJEMBE_RATIO_AUDITOR_LINK_H

#include "services/common/loop.h"
#include "services/ratio/auditor/endpoint.h"
#include "services/ratio/auditor/mse.h"
#include "services/ratio/auditor/wire.h"

struct link;

struct link_end {
    enum wire_result result; /* WIRE_STRANGE when there was no connection, either */
    bool connected, encrypted;
    uint32_t received; /* bytes of the piece */
};

/* Called once, from the loop or from link_tick; the link is to be destroyed in it, or later. */
typedef void link_done_fn(void *arg, struct link *link, const struct link_end *end);

/* `from`: the local address; of size 0: any. Given up when it is not connected at `connects_until`. */
struct link *link_dial(struct loop *loop, const struct endpoint *to, const struct endpoint *from,
                       const struct wire_goal *goal, bool encrypted, int64_t connects_until, link_done_fn *done,
                       void *arg);

/* Who dialled us says which torrent it wants. `known`: which torrent has that mark (mse.h). `claim`: fills the goal,
 * when that peer is waited for with that torrent, and says with link_claim who gets the result; false: it is not. */
struct link_host {
    mse_known_fn *known;
    bool (*claim)(void *arg, struct link *link, const uint8_t info_hash[20], struct wire_goal *goal);
    link_done_fn *done; /* of a link that nobody has claimed */
    void *arg;
};
/* Takes the descriptor over. */
struct link *link_accept(struct loop *loop, int fd, const struct endpoint *peer, const struct link_host *host,
                         int64_t now);
void link_claim(struct link *link, link_done_fn *done, void *arg);

void link_destroy(struct link **link);
void link_tick(struct link *link, int64_t now);
const struct endpoint *link_peer(const struct link *link);

#endif
