/* Facts are whole states: one applied twice does no harm. A file keeps what they told, so that each start goes on where
 * the last process was. */
#include "services/tracker/feeds.h"

#include "services/common/arena.h"
#include "services/common/feed.h"
#include "services/common/log.h"

#include <inttypes.h>
#include <stdlib.h>

#define FACT_MAX 4096
#define SAVE_MS 900
#define REFRESH_MS 60000

/* What is done with one fact that has been decoded. */
typedef void fact_fn(struct tracker *tracker, const void *fact);

struct source {
    struct feeds *feeds;
    const struct row *row;
    fact_fn *apply;
    struct feed_reader *reader;
    struct feed_place place;
};

struct feeds {
    struct tracker *tracker;
    struct feeds_file *file;
    struct source sources[FEED_count];
    bool changed;       /* since the file was written */
    int64_t not_before; /* ticks */
};

static void apply_torrent(struct tracker *tracker, const void *fact)
{
    tracker_apply_torrent(tracker, fact);
}

static void apply_member(struct tracker *tracker, const void *fact)
{
    tracker_apply_member(tracker, fact);
}

static void apply_permit(struct tracker *tracker, const void *fact)
{
    tracker_apply_permit(tracker, fact);
}

static void apply_slot(struct tracker *tracker, const void *fact)
{
    tracker_apply_slot(tracker, fact);
}

static void apply_client(struct tracker *tracker, const void *fact)
{
    tracker_apply_client(tracker, fact);
}

static void apply_fact(const struct source *source, const struct feed_row *fact, msgpack_zone *zone)
{
    union {
        struct torrent_fact torrent;
        struct member_fact member;
        struct permit_fact permit;
        struct client_fact client;
        struct slot_fact slot;
    } decoded;
    msgpack_object object;
    struct fault why = {0};
    if (object_read(fact->fact, FACT_MAX, zone, &object, &why) && row_read(source->row, &decoded, &object, &why)) {
        lock_take(&source->feeds->tracker->lock);
        source->apply(source->feeds->tracker, &decoded);
        lock_give(&source->feeds->tracker->lock);
    } else {
        log_error("fact cannot be read", "row=%s seq=%" PRIu64 " why=\"%s\"", source->row->name, fact->seq, why.text);
    }
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
    source->place.seq = batch->seq;
    source->feeds->changed = true;
    feed_applied(source->reader, true);
}

static void save(struct feeds *feeds)
{
    struct feed_place places[FEED_count];
    struct buffer image = {0};
    for (size_t i = 0; i < FEED_count; i++)
        places[i] = (struct feed_place){feeds->sources[i].place.seq, feeds_ready(feeds, i)};
    feeds_image_write(feeds->tracker, places, &image);
    feeds->changed = !feeds_file_write(feeds->file, &image);
    buffer_free(&image);
}

/* A large file is written less often. */
void feeds_tick(struct feeds *feeds, int64_t ticks)
{
    bool known = feeds_ready(feeds, FEED_torrents) && feeds_ready(feeds, FEED_members);
    bool due = feeds->changed || ticks > feeds->not_before + REFRESH_MS; /* snatches are counted meanwhile */
    if (!due || !known || ticks < feeds->not_before || feeds_file_is_busy(feeds->file))
        return;
    save(feeds);
    const struct tracker *tracker = feeds->tracker;
    feeds->not_before =
        ticks + SAVE_MS + (registry_torrents_count(tracker->registry) + slots_count(tracker->slots)) / 10;
}

bool feeds_unsaved(const struct feeds *feeds)
{
    return feeds->changed || feeds_file_is_busy(feeds->file);
}

struct feeds *feeds_new(struct bus *bus, struct tracker *tracker, const char *folder)
{
    static const struct {
        const char *name;
        const struct row *row;
        fact_fn *apply;
    } known[FEED_count] = {
        [FEED_torrents] = {"catalog.torrents", &torrent_fact_row, apply_torrent},
        [FEED_members] = {"web.members", &member_fact_row, apply_member},
        [FEED_permits] = {"ratio.permits", &permit_fact_row, apply_permit},
        [FEED_clients] = {"web.clients", &client_fact_row, apply_client},
        [FEED_slots] = {"ratio.slots", &slot_fact_row, apply_slot},
    };
    struct feeds *feeds = mem_zero(1, sizeof *feeds);
    struct feed_place places[FEED_count];
    feeds->tracker = tracker;
    feeds->file = feeds_file_new(folder);
    feeds_file_read(feeds->file, tracker, places);
    for (size_t i = 0; i < FEED_count; i++) {
        struct source *source = &feeds->sources[i];
        *source = (struct source){.feeds = feeds, .row = known[i].row, .apply = known[i].apply, .place = places[i]};
        source->reader = feed_read(bus, known[i].name, places[i].seq, on_facts, source);
    }
    return feeds;
}

void feeds_destroy(struct feeds **feeds)
{
    if (*feeds == NULL)
        return;
    feeds_file_wait((*feeds)->file);
    if (feeds_ready(*feeds, FEED_torrents) && feeds_ready(*feeds, FEED_members))
        save(*feeds);
    feeds_file_destroy(&(*feeds)->file);
    for (size_t i = 0; i < FEED_count; i++)
        feed_reader_destroy(&(*feeds)->sources[i].reader);
    free(*feeds);
    *feeds = NULL;
}

bool feeds_fresh(const struct feeds *feeds, enum feed_name feed)
{
    return feed_ready(feeds->sources[feed].reader);
}

bool feeds_ready(const struct feeds *feeds, enum feed_name feed)
{
    return feeds->sources[feed].place.read || feeds_fresh(feeds, feed);
}
