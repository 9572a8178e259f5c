/* Any packet, from an address of either family. What is understood is answered, too: within a packet, and an error in
 * no more bytes than were asked with. */
#include "services/tracker/announce_udp.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void announce(const struct udp_head *head, struct slice packet, enum address_family family)
{
    static struct announce_reply reply;
    const struct address from = {.family = family};
    struct announce ask;
    struct udp_reply text;
    const char *wrong = udp_announce_read(packet, &from, &ask);
    if (wrong != NULL) {
        assert(strlen(wrong) < 64);
        udp_error_write(head->transaction, wrong, packet.size, &text);
        assert(text.size <= packet.size);
        return;
    }
    assert(ask.numwant <= PEERS_MAX && ask.up <= INT64_MAX && ask.down <= INT64_MAX && ask.left <= INT64_MAX);
    reply.external = from;
    reply.v4_count = reply.v6_count = ask.numwant;
    udp_announce_write(head->transaction, &reply, &text);
    assert(text.size == 20 + ask.numwant * (family == FAMILY_v6 ? 18 : 6));
}

static void scrape(const struct udp_head *head, struct slice packet)
{
    static const struct scrape_counts counts[SCRAPE_MAX];
    struct scrape asked;
    struct udp_reply text;
    if (udp_scrape_read(packet, &asked) != NULL)
        return;
    udp_scrape_write(head->transaction, &asked, counts, &text);
    assert(text.size < packet.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of exactly this size, so that reading past its end is seen. */
    char *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, data, size);
    struct slice packet = slice_of(copy, size);
    struct udp_head head;
    if (udp_head_read(packet, &head)) {
        announce(&head, packet, FAMILY_v4);
        announce(&head, packet, FAMILY_v6);
        scrape(&head, packet);
    }
    free(copy);
    return 0;
}
