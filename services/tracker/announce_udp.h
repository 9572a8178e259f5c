/* The packets of UDP trackers (BEP 15), the passkey in their URL data (BEP 41). Pure. */
#ifndef DJEMBE_TRACKER_ANNOUNCE_UDP_H
#define DJEMBE_TRACKER_ANNOUNCE_UDP_H

#include "services/tracker/scrape.h"

#define UDP_REQUEST_MAX 2048 /* what is longer is no request */
#define UDP_REPLY_MAX 1200   /* fits every path whole, behind IPv6 and tunnels too */
#define UDP_MAGIC UINT64_C(0x41727101980)

enum udp_action { UDP_connect, UDP_announce, UDP_scrape, UDP_error };

/* How every request begins. */
struct udp_head {
    uint64_t connection; /* UDP_MAGIC in a connect */
    uint32_t action;
    uint32_t transaction; /* repeated in the answer */
};

struct udp_reply {
    size_t size; /* 0: nothing is sent */
    uint8_t at[UDP_REPLY_MAX];
};

/* False: it is too short for any request. */
bool udp_head_read(struct slice packet, struct udp_head *into);

/* `address` is where the packet came from: peers of its family are wanted, as many as an answer holds. NULL, or what
 * the client's user is told. */
const char *udp_announce_read(struct slice packet, const struct address *address, struct announce *into);

/* In the order of the request, as the answer is. */
const char *udp_scrape_read(struct slice packet, struct scrape *into);

void udp_connect_write(uint32_t transaction, uint64_t connection, struct udp_reply *into);
/* Peers with an address of the asker's family: a packet holds one kind only. */
void udp_announce_write(uint32_t transaction, const struct announce_reply *reply, struct udp_reply *into);
void udp_scrape_write(uint32_t transaction, const struct scrape *scrape, const struct scrape_counts *counts,
                      struct udp_reply *into);
/* Never longer than the request, whose size is `most`: nobody is flooded by way of us. */
void udp_error_write(uint32_t transaction, const char *sentence, size_t most, struct udp_reply *into);

#endif
