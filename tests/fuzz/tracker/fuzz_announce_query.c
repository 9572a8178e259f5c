/* Any path and query: the path's end and the query are parted by the first `?`. What is understood is answered, too, so
 * that the writers are exercised. */
#include "services/tracker/announce_query.h"
#include "services/tracker/announce_reply.h"
#include "services/tracker/query.h"
#include "services/tracker/scrape.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void scrape(struct slice query)
{
    static struct scrape asked;
    static struct reply_text text;
    static const struct scrape_counts counts[SCRAPE_MAX];
    if (scrape_query_read(query, &asked) == NULL)
        scrape_reply_write(&asked, counts, 1, &text);
}

static void announce(struct slice passkey, struct slice query)
{
    static struct announce_reply reply;
    static struct reply_text text;
    struct announce ask;
    const char *wrong = announce_query_read(passkey, query, &ask);
    if (wrong != NULL) {
        assert(strlen(wrong) < 64);
        failure_write(wrong, 60, &text);
        return;
    }
    assert(ask.numwant <= PEERS_MAX && ask.up <= INT64_MAX && ask.down <= INT64_MAX && ask.left <= INT64_MAX);
    reply.peers_count = reply.v4_count = reply.v6_count = ask.numwant;
    announce_reply_write(&ask, &reply, &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of exactly this size, so that reading past its end is seen. */
    char *copy = malloc(size + 1);
    memcpy(copy, data, size);
    char *all = realloc(copy, size > 0 ? size : 1);
    const char *mark = memchr(all, '?', size);
    struct slice path = slice_of(all, mark != NULL ? (size_t)(mark - all) : size), passkey;
    struct slice query = mark != NULL ? slice_of(mark + 1, size - path.size - 1) : slice_of(NULL, 0);
    enum query_path what = query_path(path, &passkey);
    if (what == PATH_scrape)
        scrape(query);
    else
        announce(what == PATH_announce ? passkey : slice_text("abcdefghijklmnopqrstuvwxyz234567"), query);
    free(all);
    return 0;
}
