/* HTTP scrapes (BEP 48): counts of the torrents asked for. Pure. */
#ifndef DJEMBE_TRACKER_SCRAPE_H
#define DJEMBE_TRACKER_SCRAPE_H

#include "services/tracker/announce_reply.h"

#define SCRAPE_MAX 64 /* info-hashes in one request; more are not looked at */

struct scrape {
    unsigned count;
    uint8_t info_hash[SCRAPE_MAX][HASH_SIZE]; /* ascending, each once */
};

struct scrape_counts {
    bool known; /* an unknown torrent is left out of the answer */
    uint32_t complete, incomplete, downloaded;
    uint32_t downloaders; /* the incomplete without the partial seeds (BEP 21) */
};

/* NULL, or what the client's user is told. */
const char *scrape_query_read(struct slice query, struct scrape *into);

/* counts[i] belongs to scrape->info_hash[i]. `min_interval`: seconds between two scrapes. */
void scrape_reply_write(const struct scrape *scrape, const struct scrape_counts *counts, uint32_t min_interval,
                        struct reply_text *into);

#endif
