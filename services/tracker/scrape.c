/* Reads the info-hashes of a scrape and writes its answer. The keys of `files` are sorted, as strict readers want; a
 * whole scrape of the site is not served. */
#include "services/tracker/scrape.h"

#include "services/tracker/query.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, HASH_SIZE);
}

static void drop_repeats(struct scrape *scrape)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < scrape->count; i++)
        if (kept == 0 || compare(scrape->info_hash[i], scrape->info_hash[kept - 1]) != 0)
            memmove(scrape->info_hash[kept++], scrape->info_hash[i], HASH_SIZE);
    scrape->count = kept;
}

const char *scrape_query_read(struct slice query, struct scrape *into)
{
    into->count = 0;
    if (query.size > QUERY_MAX)
        return "The scrape is too long: ask for fewer torrents at once";
    struct slice name, value;
    while (into->count < SCRAPE_MAX && query_next(&query, &name, &value)) {
        if (!query_is(name, "info_hash"))
            continue;
        if (!query_bytes(value, into->info_hash[into->count], HASH_SIZE))
            return "An info_hash is not 20 bytes";
        into->count++;
    }
    if (into->count == 0)
        return "Say which torrents: the whole site is not scraped";
    qsort(into->info_hash, into->count, HASH_SIZE, compare);
    drop_repeats(into);
    return NULL;
}

void scrape_reply_write(const struct scrape *scrape, const struct scrape_counts *counts, uint32_t min_interval,
                        struct reply_text *into)
{
    into->size = 0;
    reply_text(into, "d5:filesd");
    for (unsigned i = 0; i < scrape->count; i++) {
        if (!counts[i].known)
            continue;
        reply_bytes(into, scrape->info_hash[i], HASH_SIZE);
        reply_text(into, "d");
        reply_key_number(into, "complete", counts[i].complete);
        reply_key_number(into, "downloaded", counts[i].downloaded);
        reply_key_number(into, "downloaders", counts[i].downloaders);
        reply_key_number(into, "incomplete", counts[i].incomplete);
        reply_text(into, "e");
    }
    reply_text(into, "e5:flagsd");
    reply_key_number(into, "min_request_interval", min_interval);
    reply_text(into, "ee");
}
