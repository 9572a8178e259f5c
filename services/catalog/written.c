/* See written.h. catalog.list() puts each group that was changed into a queue; here the last ones are taken, their
 * texts written anew, and the files of torrents that are new in them: what a torrent holds never changes. One replica
 * does it at a time.
 *
 *   its turn -> some groups -> their texts -> torrents without files -> their names -> commit, and on */
#include "services/catalog/written.h"

#include "services/catalog/news.h"
#include "services/catalog/query.h"
#include "services/common/encode.h"

enum {
    BATCH = 10,
    POLL_MS = 1000, /* a change is found so much later at most */
    PAUSE_MS = 5,
};

static struct {
    struct loop_timer *timer;
    struct db_tx *tx;
    struct arena *arena; /* of that */
    int64_t *groups;
    size_t count;
    bool stopped;
} written;

static void run(void *arg);

static void again(uint32_t ms)
{
    arena_destroy(&written.arena);
    if (!written.stopped)
        written.timer = loop_timer_new(service_loop(), ms, 0, run, NULL);
}

static void turn_end(void)
{
    db_rollback(written.tx);
    again(POLL_MS);
}

/* Who is told of an upload may have waited for it. */
static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    (void)arg, (void)uncertain;
    again(why == NULL ? PAUSE_MS : POLL_MS);
    if (why == NULL)
        news_published();
}

/* ---- files ---- */

/* Those that have none, and those that have moved here. */
static const struct statement written_missing = {
    "written_missing",
    "SELECT u.id, u.grp, u.plugin, t.files FROM catalog.listed_unit u JOIN catalog.torrent t ON t.id = u.id"
    " WHERE u.grp = ANY($1::bigint[])"
    " AND NOT EXISTS (SELECT FROM catalog.listed_files f WHERE f.id = u.id AND f.grp = u.grp)",
};
static const struct statement written_files = {
    "written_files",
    "INSERT INTO catalog.listed_files (id, grp, search) SELECT n.id, n.grp, catalog.placed(string_to_array(n.paths, "
    "E'\\n')) FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS n (id, grp, paths)"
    " ON CONFLICT (id) DO UPDATE SET grp = excluded.grp",
};

/* The paths of what page_files() has packed, a line each. */
static struct slice paths_read(struct slice packed)
{
    msgpack_unpacked files;
    struct buffer paths = {0};
    msgpack_unpacked_init(&files);
    if (packed.size > 0 && msgpack_unpack_next(&files, packed.at, packed.size, NULL) >= 0)
        for (uint32_t i = 0; files.data.type == MSGPACK_OBJECT_ARRAY && i < files.data.via.array.size; i++) {
            const msgpack_object *path = map_find(&files.data.via.array.ptr[i], "path");
            if (path != NULL && path->type == MSGPACK_OBJECT_STR)
                buffer_print(&paths, "%.*s\n", (int)path->via.str.size, path->via.str.ptr);
        }
    msgpack_unpacked_destroy(&files);
    struct slice text = arena_copy(written.arena, buffer_slice(&paths));
    buffer_free(&paths);
    return text;
}

static void on_missing(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    size_t count = 0, most = rows != NULL ? db_count(rows) : 0;
    int64_t *ids = arena_take(written.arena, (most + 1) * sizeof *ids);
    int64_t *groups = arena_take(written.arena, (most + 1) * sizeof *groups);
    struct slice *paths = arena_take(written.arena, (most + 1) * sizeof *paths);
    if (why != NULL) {
        turn_end();
        return;
    }
    for (size_t i = 0; i < most; i++) {
        const struct plugin *plugin = plugin_find(db_get_text(rows, i, 2));
        if (plugin == NULL || plugin->sealed)
            continue;
        ids[count] = db_get_int(rows, i, 0);
        groups[count] = db_get_int(rows, i, 1);
        paths[count++] = paths_read(db_get_bytes(rows, i, 3));
    }
    struct db_args *args = db_ints(db_ints(db_args(), ids, count), groups, count);
    db_tx_ask(written.tx, &written_files, db_texts(args, paths, count), NULL, NULL);
    db_commit(written.tx, on_committed, NULL);
}

/* ---- texts ---- */

static const struct statement written_texts = {
    "written_texts",
    "SELECT catalog.list_texts($1::bigint[], $2::text[], $3::text[])",
};

static void texts_ask(void)
{
    size_t count = 0, most = plugins_count * ATTRIBUTES_MAX;
    struct slice *of = arena_take(written.arena, most * sizeof *of);
    struct slice *names = arena_take(written.arena, most * sizeof *names);
    for (size_t i = 0; i < plugins_count; i++)
        for (const struct attribute *attribute = plugins[i]->attributes; attribute->name != NULL; attribute++)
            if (query_is_text(plugins[i], attribute)) {
                of[count] = slice_text(plugins[i]->name);
                names[count++] = slice_text(attribute->name);
            }
    struct db_args *args = db_texts(db_ints(db_args(), written.groups, written.count), of, count);
    db_tx_ask(written.tx, &written_texts, db_texts(args, names, count), NULL, NULL);
}

/* ---- the queue ---- */

static const struct statement written_take = {
    "written_take",
    "DELETE FROM catalog.listed_later WHERE grp = ANY(ARRAY("
    "SELECT grp FROM catalog.listed_later ORDER BY id DESC LIMIT $1)) RETURNING grp",
};

static void on_taken(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    written.count = why == NULL ? db_count(rows) : 0;
    if (written.count == 0) {
        turn_end();
        return;
    }
    written.groups = arena_take(written.arena, written.count * sizeof *written.groups);
    for (size_t i = 0; i < written.count; i++)
        written.groups[i] = db_get_int(rows, i, 0);
    texts_ask();
    db_tx_ask(written.tx, &written_missing, db_ints(db_args(), written.groups, written.count), on_missing, NULL);
}

/* What is lost with the disk's last moment is done once more: it was not taken then. */
static const struct statement written_turn = {
    "written_turn",
    "SELECT pg_try_advisory_xact_lock(hashtextextended('djembe catalog written', 0)),"
    " set_config('synchronous_commit', 'off', true)",
};

static void on_turn(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    if (why != NULL || !db_get_flag(rows, 0, 0))
        turn_end();
    else
        db_tx_ask(written.tx, &written_take, db_int(db_args(), BATCH), on_taken, NULL);
}

static void run(void *arg)
{
    (void)arg;
    written.timer = NULL;
    written.arena = arena_new();
    written.tx = db_begin(service_db());
    db_tx_ask(written.tx, &written_turn, NULL, on_turn, NULL);
}

void written_start(void)
{
    run(NULL);
}

void written_stop(void)
{
    written.stopped = true;
    if (written.timer != NULL)
        loop_timer_cancel(&written.timer);
}

const struct statement *const written_statements[] = {&written_missing, &written_files, &written_texts, &written_take,
                                                      &written_turn};
const size_t written_statements_count = sizeof written_statements / sizeof *written_statements;
