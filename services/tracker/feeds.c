/* Facts are whole states and the registry lives in memory: each start reads the feeds anew, and a fact applied twice
 * does no harm. */
#include "services/tracker/feeds.h"

#include "services/common/arena.h"
#include "services/common/feed.h"
#include "services/common/log.h"

#include <inttypes.h>
#include <stdlib.h>

#define FACT_MAX 4096

/* What is done with one fact that has been decoded. */
typedef void fact_fn(struct registry *registry, const void *fact);

struct source {
    struct registry *registry;
    const struct row *row;
    fact_fn *apply;
    struct feed_reader *reader;
};

struct feeds {
    struct source sources[FEED_count];
};

static void apply_torrent(struct registry *registry, const void *fact)
{
    registry_apply_torrent(registry, fact);
}

static void apply_member(struct registry *registry, const void *fact)
{
    registry_apply_member(registry, fact);
}

static void apply_permit(struct registry *registry, const void *fact)
{
    registry_apply_permit(registry, fact);
}

static void apply_fact(const struct source *source, const struct feed_row *fact, msgpack_zone *zone)
{
    union {
        struct torrent_fact torrent;
        struct member_fact member;
        struct permit_fact permit;
    } decoded;
    msgpack_object object;
    struct fault why = {0};
    if (object_read(fact->fact, FACT_MAX, zone, &object, &why) && row_read(source->row, &decoded, &object, &why))
        source->apply(source->registry, &decoded);
    else
        log_error("fact cannot be read", "row=%s seq=%" PRIu64 " why=\"%s\"", source->row->name, fact->seq, why.text);
}

static void on_facts(void *arg, const struct feed_batch *batch)
{
    struct source *source = arg;
    msgpack_zone zone;
    if (!msgpack_zone_init(&zone, MSGPACK_ZONE_CHUNK_SIZE))
        fatal("Out of memory.");
    for (size_t i = 0; i < batch->count; i++) {
        apply_fact(source, &batch->facts[i], &zone);
        msgpack_zone_clear(&zone);
    }
    msgpack_zone_destroy(&zone);
    feed_applied(source->reader, true);
}

struct feeds *feeds_new(struct bus *bus, struct registry *registry)
{
    static const struct {
        const char *name;
        const struct row *row;
        fact_fn *apply;
    } known[FEED_count] = {
        [FEED_torrents] = {"catalog.torrents", &torrent_fact_row, apply_torrent},
        [FEED_members] = {"web.members", &member_fact_row, apply_member},
        [FEED_permits] = {"ratio.permits", &permit_fact_row, apply_permit},
    };
    struct feeds *feeds = mem_zero(1, sizeof *feeds);
    for (size_t i = 0; i < FEED_count; i++) {
        struct source *source = &feeds->sources[i];
        *source = (struct source){.registry = registry, .row = known[i].row, .apply = known[i].apply};
        source->reader = feed_read(bus, known[i].name, 0, on_facts, source);
    }
    return feeds;
}

void feeds_destroy(struct feeds **feeds)
{
    if (*feeds == NULL)
        return;
    for (size_t i = 0; i < FEED_count; i++)
        feed_reader_destroy(&(*feeds)->sources[i].reader);
    free(*feeds);
    *feeds = NULL;
}

bool feeds_ready(const struct feeds *feeds, enum feed_name feed)
{
    return feed_ready(feeds->sources[feed].reader);
}
