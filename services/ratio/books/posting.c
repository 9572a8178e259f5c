/* Who appends locks the head, applies what others have written since, then its own, stores that and moves the head, all
 * in one transaction. The memory is ahead of the database from the first own event to the commit; when the commit's
 * answer does not come, the head tells: moved by us, not moved (the same is stored again), or moved by another (the
 * memory is made anew, and the commands come again). */
#include "services/ratio/books/posting.h"

#include "services/common/notices.h"
#include "services/ratio/statements.h"

#include "services/common/clock.h"
#include "services/common/log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>

enum { AGAIN_MS = 200, INBOX_ROWS = 1000, INBOX_BYTES = 400000 };

static void settle(void *arg);
static void on_end(void *arg, const struct fault *why, bool uncertain);

bool book_is_current(void)
{
    return book.state == BOOK_OPEN && book.posting != NULL && book.posting->current;
}

/* ---- the end of a posting ---- */

static void posting_free(struct posting *posting)
{
    free(posting->rows);
    free(posting->refused);
    free(posting->restored);
    free(posting->refused_why);
    buffer_free(&posting->sightings);
    effects_clear(&posting->effects);
    arena_destroy(&posting->arena);
    free(posting);
    book.posting = NULL;
}

void command_queue(struct command *command)
{
    command->next = NULL;
    *book.commands_end = command;
    book.commands_end = &command->next;
    book_look();
    book_post();
}

void book_fail_commands(const struct fault *why)
{
    struct command *command = book.commands;
    book.commands = NULL;
    book.commands_end = &book.commands;
    while (command != NULL) {
        struct command *next = command->next;
        bus_fail(command->request, why);
        command = next;
    }
}

/* The posting's commands wait again, before those that came since. */
static void commands_back(struct posting *posting)
{
    struct command **end = &posting->commands;
    while (*end != NULL)
        end = &(*end)->next;
    if (end == &posting->commands)
        return;
    *end = book.commands;
    if (book.commands == NULL)
        book.commands_end = end;
    book.commands = posting->commands;
    posting->commands = NULL;
}

static void answer(struct posting *posting)
{
    struct command *command = posting->commands;
    while (command != NULL) {
        struct command *next = command->next;
        if (command->why.status != STATUS_ok)
            bus_fail(command->request, &command->why);
        else
            bus_reply_packed(command->request, command->packed);
        command = next;
    }
}

static void posted(struct posting *posting)
{
    book.state = BOOK_OPEN;
    book.seq = posting->after.seq;
    book.head = posting->after;
    book.count.postings++;
    book.count.rows += posting->rows_count;
    if (posting->effects.pairs_count > 0 && !book.stopped)
        feed_published(book.slots);
    if (posting->retires && !book.stopped)
        feed_published(book.retired);
    if (posting->tells && !book.stopped)
        notices_published();
    answer(posting);
    posting_free(posting);
    book_snapshot();
    book_look();
}

/* Nothing of its own has touched the memory. */
static void posting_gave_up(struct posting *posting, const struct fault *why)
{
    book.count.failed++;
    commands_back(posting);
    posting_free(posting);
    if (why->status != STATUS_conflict)
        book_fail_commands(why);
}

static void on_end(void *arg, const struct fault *why, bool uncertain)
{
    struct posting *posting = arg;
    if (why == NULL) {
        posted(posting);
        return;
    }
    if (!posting->applied) {
        posting_gave_up(posting, why);
        return;
    }
    book.state = BOOK_DOUBTFUL;
    book.count.doubts++;
    if (posting->tries++ == 0)
        log_warning("books: a commit is in doubt", "seq=%" PRId64 " uncertain=%d why=\"%s\"", posting->after.seq,
                    uncertain, why->text);
    if (!book.stopped)
        loop_timer_new(book.loop, AGAIN_MS, 0, settle, posting);
}

/* ---- doubt ---- */

const struct statement book_lock = {.name = "book_lock",
                                    .sql = "SELECT " HEAD_COLUMNS " FROM ratio.book b WHERE id = 1 FOR UPDATE OF b"};

static void on_settled(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct posting *posting = arg;
    struct head head;
    if (why != NULL) {
        db_commit(posting->tx, on_end, posting);
        return;
    }
    head_read(rows, &head);
    if (head.seq == posting->head.seq) {
        store_all(posting, on_end);
        return;
    }
    db_rollback(posting->tx);
    if (head.seq == posting->after.seq && memcmp(head.token, posting->after.token, TOKEN_SIZE) == 0) {
        posted(posting);
        return;
    }
    log_warning("books: another replica went on", "seq=%" PRId64 " ours=%" PRId64, head.seq, posting->after.seq);
    commands_back(posting);
    posting_free(posting);
    book_reload();
}

static void settle(void *arg)
{
    struct posting *posting = arg;
    if (book.stopped)
        return;
    posting->tx = db_begin(book.db);
    db_tx_ask(posting->tx, &book_lock, db_text(db_args(), slice_text(book.settings)), on_settled, posting);
}

/* ---- a posting ---- */

static void work(void *arg)
{
    struct posting *posting = arg;
    if (!work_some(posting)) {
        loop_timer_new(book.loop, 0, 0, work, posting);
        return;
    }
    if (posting->rows_count == 0) {
        posting->rows = mem_grow(posting->rows, sizeof *posting->rows);
        posting->rows[0] =
            (struct book_row){.seq = posting->head.seq + 1, .at = posting->now, .kind = slice_text(ROW_TIME)};
        posting->rows_count = 1;
    }
    posting->after.seq = posting->head.seq + (int64_t)posting->rows_count;
    posting->after.at = posting->now;
    ssize_t size = getrandom(posting->after.token, TOKEN_SIZE, 0);
    assert(size == TOKEN_SIZE);
    book.seq = posting->after.seq;
    store_all(posting, on_end);
}

static int by_id(const void *left, const void *right)
{
    const struct incoming *a = left, *b = right;
    return (a->id > b->id) - (a->id < b->id);
}

const struct statement book_inbox_read = {
    .name = "book_inbox_read",
    .sql = "SELECT id, kind, user_id, backup_id, version_id, amount, other, payload, depends_on FROM"
           " (SELECT *, sum(length(payload)) OVER (ORDER BY id) - length(payload) AS before FROM"
           " (SELECT * FROM ratio.book_inbox ORDER BY id LIMIT $1) first) i WHERE before < $2"};

static void on_inbox(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct posting *posting = arg;
    if (why != NULL) {
        db_commit(posting->tx, on_end, posting);
        return;
    }
    posting->incoming_count = db_count(rows);
    posting->incoming = arena_take(posting->arena, (posting->incoming_count + 1) * sizeof *posting->incoming);
    for (size_t i = 0; i < posting->incoming_count; i++)
        posting->incoming[i] = (struct incoming){
            .id = db_get_int(rows, i, 0),
            .kind = arena_copy(posting->arena, db_get_text(rows, i, 1)),
            .user = db_get_int(rows, i, 2),
            .backup = db_get_int(rows, i, 3),
            .version = db_get_int(rows, i, 4),
            .amount = db_get_int(rows, i, 5),
            .other = db_get_int(rows, i, 6),
            .payload = arena_copy(posting->arena, db_get_bytes(rows, i, 7)),
            .depends_on = db_get_int(rows, i, 8),
        };
    qsort(posting->incoming, posting->incoming_count, sizeof *posting->incoming, by_id);
    posting->current = true;
    work(posting);
}

/* Commands that were answered before are answered so again. */
const struct statement book_kept = {.name = "book_kept",
                                    .sql = "SELECT key, reply FROM ratio.kept WHERE key = ANY($1::bytea[])"};

static void on_kept(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct posting *posting = arg;
    if (why != NULL)
        return; /* on_inbox hears of it */
    for (struct command *command = posting->commands; command != NULL; command = command->next)
        for (size_t i = 0; i < db_count(rows); i++)
            if (slice_equal(command->key, db_get_bytes(rows, i, 0))) {
                command->packed = arena_copy(bus_arena(command->request), db_get_bytes(rows, i, 1));
                command->kept = true;
            }
}

static void gather(struct posting *posting)
{
    size_t count = 0;
    posting->commands = book.commands;
    book.commands = NULL;
    book.commands_end = &book.commands;
    for (const struct command *command = posting->commands; command != NULL; command = command->next)
        count++;
    struct slice *keys = arena_take(posting->arena, (count + 1) * sizeof *keys);
    count = 0;
    for (struct command *command = posting->commands; command != NULL; command = command->next) {
        command->kept = false;
        command->seq = 0;
        command->why = (struct fault){0};
        if (command->key.size > 0)
            keys[count++] = command->key;
    }
    if (count > 0)
        db_tx_ask(posting->tx, &book_kept, db_blobs(db_args(), keys, count), on_kept, posting);
    db_tx_ask(posting->tx, &book_inbox_read, db_int(db_int(db_args(), INBOX_ROWS), INBOX_BYTES), on_inbox, posting);
}

static void on_events(void *arg, const struct db_rows *rows, const struct fault *why);

static void follow(struct posting *posting)
{
    if (book.seq < posting->head.seq)
        db_tx_ask(posting->tx, &book_events, book_after(book.seq), on_events, posting);
    else
        gather(posting);
}

static void on_events(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct posting *posting = arg;
    if (why != NULL || db_count(rows) == 0) {
        db_commit(posting->tx, on_end, posting);
        return;
    }
    book_apply(rows);
    follow(posting);
}

static void on_locked(void *arg, const struct db_rows *rows, const struct fault *why)
{
    struct posting *posting = arg;
    if (why != NULL) {
        db_commit(posting->tx, on_end, posting);
        return;
    }
    head_read(rows, &posting->head);
    posting->after = posting->head;
    posting->now = book_now(&posting->head);
    posting->ticks = posting->now - posting->head.ticked_at >= TICK_MS;
    if (posting->head.same_settings && posting->head.seq >= book.seq) {
        follow(posting);
        return;
    }
    log_error(posting->head.same_settings ? "the books have gone back" : "another replica keeps the books otherwise",
              "seq=%" PRId64 " ours=%" PRId64, posting->head.seq, book.seq);
    bool went_back = posting->head.same_settings;
    db_rollback(posting->tx);
    posting_gave_up(posting,
                    &(struct fault){.status = STATUS_unavailable,
                                    .text = "Another replica keeps the books with other settings: restart it."});
    if (went_back)
        book_reload();
}

static bool is_due(void)
{
    int64_t now = book_now(&book.head);
    bool silent = now - book.head.heard_now >= SILENCE_MS, down = book.head.down_since != 0;
    bool ended = down && !silent && strcmp(book.head.down_why, "silence") == 0;
    return book.commands != NULL || book.head.inbox || now - book.head.ticked_at >= TICK_MS || (silent && !down) ||
           ended;
}

void book_post(void)
{
    if (book.state != BOOK_OPEN || book.posting != NULL || book.stopped || !is_due())
        return;
    struct posting *posting = mem_zero(1, sizeof *posting);
    book.posting = posting;
    book.head.inbox = false; /* until the next look */
    posting->arena = arena_new();
    posting->tx = db_begin(book.db);
    db_tx_ask(posting->tx, &book_lock, db_text(db_args(), slice_text(book.settings)), on_locked, posting);
}
