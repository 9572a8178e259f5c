/* Makes the state: the newest snapshot that this program can load, then every event after it. Also applies what other
 * replicas have written. */
#include "services/ratio/books/book.h"

#include "services/ratio/rules/save.h"
#include "services/ratio/statements.h"

#include "services/common/clock.h"
#include "services/common/log.h"

#include <inttypes.h>

enum { PAGE_ROWS = 50, AGAIN_MS = 1000 };

static struct {
    struct buffer snapshot;
    int64_t seq, parts, part;
    int64_t began; /* clock_ticks */
    bool distrust; /* a snapshot led to a state that does not add up */
} reload;

static void find_snapshot(void *arg);
static void ask_events(void);

static void again(const struct fault *why)
{
    log_warning("books not opened yet", "why=\"%s\"", why->text);
    if (!book.stopped)
        loop_timer_new(book.loop, AGAIN_MS, 0, find_snapshot, NULL);
}

/* ---- applying ---- */

static void apply_sightings(const struct book_row *row)
{
    struct rules_event event = {.at = row->at};
    struct slice packed = row->packed;
    while (sighting_next(&packed, &event)) {
        rules_apply(book.rules, &event, NULL);
        memory_note(book.memory, book.rules, row->seq, "", NULL);
        book.events_unsaved++;
    }
}

static void apply_row(const struct book_row *row)
{
    struct rules_event event;
    struct fault why;
    if (slice_is(row->kind, ROW_SIGHTINGS)) {
        apply_sightings(row);
        return;
    }
    if (slice_is(row->kind, ROW_TIME))
        rules_advance(book.rules, row->at);
    else if (!event_of_row(row, &event))
        log_error("event not understood", "seq=%" PRId64 " kind=%.*s", row->seq, SLICE_ARGS(row->kind));
    else if (!rules_apply(book.rules, &event, &why))
        log_error("event of the books refused", "seq=%" PRId64 " why=\"%s\"", row->seq, why.text);
    memory_note(book.memory, book.rules, row->seq, "", NULL);
    book.events_unsaved++;
    book.changed = true;
}

void book_apply(const struct db_rows *rows)
{
    for (size_t i = 0; i < db_count(rows); i++) {
        struct book_row row = {
            .seq = db_get_int(rows, i, 0),
            .at = db_get_time(rows, i, 1),
            .kind = db_get_text(rows, i, 2),
            .user = db_get_int(rows, i, 3),
            .backup = db_get_int(rows, i, 4),
            .version = db_get_int(rows, i, 5),
            .amount = db_get_int(rows, i, 6),
            .other = db_get_int(rows, i, 7),
            .packed = db_get_bytes(rows, i, 8),
        };
        if (row.seq != book.seq + 1)
            continue; /* applied before */
        apply_row(&row);
        book.seq = row.seq;
    }
}

const struct statement book_events = {
    .name = "book_events",
    .sql = "SELECT seq, at, kind, user_id, backup_id, version_id, amount, other, packed FROM ratio.book_event"
           " WHERE seq > $1 ORDER BY seq LIMIT $2"};

struct db_args *book_after(int64_t seq)
{
    return db_int(db_int(db_args(), seq), PAGE_ROWS);
}

/* ---- the end ---- */

static bool adds_up(void)
{
    struct rules_check check;
    rules_check(book.rules, &check);
    book.count.check_at = book_now(&book.head);
    book.count.check_bad = !check.recomputed;
    return check.recomputed;
}

static void opened(void)
{
    uint32_t copies;
    size_t bytes = rules_memory(book.rules, &copies);
    if (!adds_up()) {
        log_error("books do not add up", "seq=%" PRId64 " snapshot=%" PRId64, book.seq, reload.seq);
        if (reload.seq > 0 && !reload.distrust) {
            reload.distrust = true;
            book_reload();
            return;
        }
    }
    book.state = BOOK_OPEN;
    log_info("books opened", "seq=%" PRId64 " snapshot=%" PRId64 " copies=%" PRIu32 " bytes=%zu ms=%" PRId64, book.seq,
             reload.seq, copies, bytes, clock_ticks() - reload.began);
    if (book.heard_early)
        books_heard();
    book_look();
}

static void on_events(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    if (book.stopped)
        return;
    if (why != NULL) {
        again(why);
        return;
    }
    book_apply(rows);
    if (db_count(rows) == PAGE_ROWS)
        ask_events();
    else
        opened();
}

static void ask_events(void)
{
    db_ask(book.db, &book_events, book_after(book.seq), on_events, NULL);
}

static void begin_from(struct rules *rules, int64_t seq)
{
    reload.seq = book.seq = seq;
    rules_destroy(&book.rules);
    memory_destroy(&book.memory);
    book.rules = rules;
    book.memory = memory_new(rules);
    book.events_unsaved = 0;
    book.changed = true;
    buffer_free(&reload.snapshot);
    ask_events();
}

/* ---- the snapshot ---- */

static void load_snapshot(void)
{
    struct rules *rules;
    struct fault why;
    if (rules_load(buffer_slice(&reload.snapshot), &book.set, &rules, &why)) {
        begin_from(rules, reload.seq);
        return;
    }
    log_error("snapshot not loaded", "seq=%" PRId64 " why=\"%s\"", reload.seq, why.text);
    begin_from(rules_new(&book.set), 0);
}

const struct statement book_snapshot_read = {
    .name = "book_snapshot_read", .sql = "SELECT data FROM ratio.book_snapshot_part WHERE seq = $1 AND part = $2"};

static void on_part(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    if (book.stopped)
        return;
    if (why != NULL || db_count(rows) != 1) { /* forgotten in between: a newer one is there */
        again(why != NULL ? why : &(struct fault){.text = "the snapshot has gone"});
        return;
    }
    struct slice data = db_get_bytes(rows, 0, 0);
    buffer_add(&reload.snapshot, data.at, data.size);
    if (++reload.part < reload.parts)
        db_ask(book.db, &book_snapshot_read, db_int(db_int(db_args(), reload.seq), reload.part), on_part, NULL);
    else
        load_snapshot();
}

const struct statement book_snapshot_find = {
    .name = "book_snapshot_find",
    .sql = "SELECT seq, parts FROM ratio.book_snapshot WHERE format = $1 AND parts > 0 ORDER BY seq DESC LIMIT 1"};

static void on_snapshot(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    if (book.stopped)
        return;
    if (why != NULL) {
        again(why);
        return;
    }
    buffer_free(&reload.snapshot);
    if (db_count(rows) == 0 || reload.distrust) {
        begin_from(rules_new(&book.set), 0);
        return;
    }
    reload.seq = db_get_int(rows, 0, 0);
    reload.parts = db_get_int(rows, 0, 1);
    reload.part = 0;
    db_ask(book.db, &book_snapshot_read, db_int(db_int(db_args(), reload.seq), 0), on_part, NULL);
}

static void find_snapshot(void *arg)
{
    (void)arg;
    char format[17];
    rules_format(&book.set, format);
    db_ask(book.db, &book_snapshot_find, db_text(db_args(), slice_text(format)), on_snapshot, NULL);
}

void book_reload(void)
{
    book.state = BOOK_CLOSED;
    book.count.reloads++;
    reload.began = clock_ticks();
    find_snapshot(NULL);
}
