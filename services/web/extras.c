/* Requests to tracker and ratio (one each, several for a page of very many torrents) and one query for names, all at
 * once, for all trees of a page together. */
#include "services/web/extras.h"

#include "services/web/gather.h"
#include "services/web/statements.h"
#include "services/web/web.h"

#define PARTS_MAX (TREE_TORRENTS_MAX / TREE_IDS_MAX)

struct extras {
    struct visit *visit;
    void (*done)(struct visit *visit);
    struct gather *gather;
    struct tree_ids ids;
    const struct answer *swarms[PARTS_MAX], *snatches[PARTS_MAX];
    size_t parts;
    struct tree_extra known;
};

/* Adds rows to those that are in `into` already. */
static void read_rows(struct tree rows, const struct row *row, void *into, size_t *count)
{
    for (size_t i = 0; i < rows_count(rows) && *count < TREE_TORRENTS_MAX; i++)
        if (row_read(row, (char *)into + *count * row->size, rows_at(rows, i), NULL))
            ++*count;
}

static bool all_answered(struct extras *extras, const struct answer *const *answers)
{
    for (size_t i = 0; i < extras->parts; i++)
        if (answers[i]->reply == NULL)
            return false;
    return true;
}

static void read_swarms(struct extras *extras)
{
    struct swarm_count *rows = arena_take(extras->visit->arena, TREE_TORRENTS_MAX * sizeof *rows);
    extras->known.swarms = rows;
    extras->known.swarms_known = all_answered(extras, extras->swarms);
    if (!extras->known.swarms_known)
        visit_missing(extras->visit, "tracker", "How many seed and leech cannot be told for the moment.");
    for (size_t i = 0; i < extras->parts && extras->known.swarms_known; i++) {
        const struct tracker_swarm_counts_reply *reply = extras->swarms[i]->reply;
        read_rows(reply->torrents, &swarm_count_row, rows, &extras->known.swarms_count);
    }
}

static void read_snatches(struct extras *extras)
{
    struct torrent_count *rows = arena_take(extras->visit->arena, TREE_TORRENTS_MAX * sizeof *rows);
    extras->known.snatches = rows;
    extras->known.snatches_known = all_answered(extras, extras->snatches);
    if (!extras->known.snatches_known)
        visit_missing(extras->visit, "ratio", "Snatches cannot be told for the moment.");
    for (size_t i = 0; i < extras->parts && extras->known.snatches_known; i++) {
        const struct ratio_torrent_counts_reply *reply = extras->snatches[i]->reply;
        read_rows(reply->torrents, &torrent_count_row, rows, &extras->known.snatches_count);
    }
}

static void on_gathered(struct visit *visit)
{
    struct extras *extras = visit->extras;
    if (extras->parts > 0) {
        read_swarms(extras);
        read_snatches(extras);
    }
    extras->done(visit);
}

static void on_names(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct extras *extras = arg;
    if (why != NULL)
        visit_missing(extras->visit, "accounts", "Uploaders' names cannot be read for the moment.");
    size_t count = rows != NULL ? db_count(rows) : 0;
    struct tree_name *names = arena_take(extras->visit->arena, count * sizeof *names + 1);
    for (size_t i = 0; i < count; i++)
        names[i] = (struct tree_name){(uint64_t)db_get_int(rows, i, 0),
                                      arena_copy(extras->visit->arena, db_get_text(rows, i, 1))};
    extras->known.names = names;
    extras->known.names_count = count;
    gather_release(extras->gather);
}

const struct statement member_names = {"member_names", "SELECT id, name FROM web.member WHERE id = ANY ($1::bigint[])"};

static void ask_names(struct extras *extras)
{
    int64_t ids[TREE_IDS_MAX];
    for (size_t i = 0; i < extras->ids.members_count; i++)
        ids[i] = (int64_t)extras->ids.members[i];
    gather_hold(extras->gather);
    db_ask(service_db(), &member_names, db_ints(db_args(), ids, extras->ids.members_count), on_names, extras);
}

struct extras *extras_ask(struct visit *visit, const msgpack_object *const *trees, size_t count,
                          void (*done)(struct visit *visit))
{
    struct extras *extras = arena_take(visit->arena, sizeof *extras);
    extras->visit = visit;
    extras->done = done;
    extras->known.now = visit->now;
    extras->known.asked = &extras->ids;
    visit->extras = extras;
    for (size_t i = 0; i < count; i++)
        if (trees[i] != NULL)
            tree_collect(trees[i], &extras->ids);

    extras->gather = gather_new(visit, on_gathered);
    for (size_t from = 0; from < extras->ids.torrents_count; from += TREE_IDS_MAX) {
        size_t left = extras->ids.torrents_count - from;
        struct tree torrents = ask_ids(visit, extras->ids.torrents + from, left < TREE_IDS_MAX ? left : TREE_IDS_MAX);
        struct tracker_swarm_counts swarms = {.torrents = torrents};
        struct ratio_torrent_counts snatches = {.torrents = torrents};
        extras->swarms[extras->parts] = gather_may(extras->gather, &tracker_swarm_counts_message, &swarms);
        extras->snatches[extras->parts++] = gather_may(extras->gather, &ratio_torrent_counts_message, &snatches);
    }
    if (extras->ids.members_count > 0)
        ask_names(extras);
    gather_go(extras->gather);
    return extras;
}

const struct tree_extra *extras_known(const struct extras *extras)
{
    return &extras->known;
}
