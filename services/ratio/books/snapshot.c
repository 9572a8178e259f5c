/* Saves the state now and then, so that a start applies few events. The saved state is made at once and stored piece by
 * piece; readers take it when the last piece is there. */
#include "services/ratio/books/book.h"

#include "services/ratio/rules/save.h"
#include "services/ratio/statements.h"

#include "services/common/log.h"

#include <inttypes.h>

enum { PART_SIZE = 4 << 20, EVENTS_LEAST = 200000 };

static struct {
    struct buffer bytes;
    int64_t seq, part;
    bool under_way;
} saving;

static void saved(const struct fault *why)
{
    if (why != NULL)
        log_warning("snapshot not stored", "seq=%" PRId64 " why=\"%s\"", saving.seq, why->text);
    else
        log_info("snapshot stored", "seq=%" PRId64 " bytes=%zu", saving.seq, saving.bytes.size);
    book.count.snapshots += why == NULL;
    buffer_free(&saving.bytes);
    saving.under_way = false;
}

const struct statement book_snapshot_forget = {
    .name = "book_snapshot_forget",
    .sql = "WITH old AS (DELETE FROM ratio.book_snapshot WHERE seq < (SELECT min(seq) FROM (SELECT seq FROM"
           " ratio.book_snapshot WHERE parts > 0 ORDER BY seq DESC LIMIT 2) kept) RETURNING seq)"
           " DELETE FROM ratio.book_snapshot_part WHERE seq IN (SELECT seq FROM old)"};

const struct statement book_snapshot_end = {.name = "book_snapshot_end",
                                            .sql = "UPDATE ratio.book_snapshot SET parts = $2 WHERE seq = $1"};

static void on_end(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    (void)rows;
    saved(why);
    if (why == NULL)
        db_ask(book.db, &book_snapshot_forget, NULL, NULL, NULL);
}

const struct statement book_snapshot_part = {
    .name = "book_snapshot_part",
    .sql = "INSERT INTO ratio.book_snapshot_part (seq, part, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"};

static void on_part(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    (void)rows;
    size_t done = (size_t)saving.part * PART_SIZE;
    if (why != NULL) {
        saved(why);
        return;
    }
    if (done >= saving.bytes.size) {
        db_ask(book.db, &book_snapshot_end, db_int(db_int(db_args(), saving.seq), saving.part), on_end, NULL);
        return;
    }
    size_t size = saving.bytes.size - done < PART_SIZE ? saving.bytes.size - done : PART_SIZE;
    struct db_args *args = db_int(db_int(db_args(), saving.seq), saving.part++);
    db_ask(book.db, &book_snapshot_part, db_bytes(args, slice_of(saving.bytes.at + done, size)), on_part, NULL);
}

/* Nothing is begun when another replica has one of about the same age. */
const struct statement book_snapshot_begin = {
    .name = "book_snapshot_begin",
    .sql = "INSERT INTO ratio.book_snapshot (seq, at, format, parts) SELECT $1, now(), $2, 0"
           " WHERE NOT EXISTS (SELECT FROM ratio.book_snapshot WHERE format = $2 AND at > now() - interval '1 minute')"
           " ON CONFLICT DO NOTHING"};

static void on_begun(void *arg, const struct db_rows *rows, const struct fault *why)
{
    if (why == NULL && db_affected(rows) == 1) {
        on_part(arg, NULL, NULL);
        return;
    }
    buffer_free(&saving.bytes);
    saving.under_way = false;
}

void book_snapshot(void)
{
    uint32_t copies;
    rules_memory(book.rules, &copies);
    if (saving.under_way || book.events_unsaved < EVENTS_LEAST || book.events_unsaved < copies)
        return;
    char format[17];
    rules_format(&book.set, format);
    book.events_unsaved = 0;
    saving.under_way = true;
    saving.seq = book.seq;
    saving.part = 0;
    rules_save(book.rules, &saving.bytes);
    db_ask(book.db, &book_snapshot_begin, db_text(db_int(db_args(), book.seq), slice_text(format)), on_begun, NULL);
}
