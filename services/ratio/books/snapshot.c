/* Saves the state now and then, so that a start applies few events. A child, in whose memory the state stands still,
 * gives it out through a pipe; it is stored in parts as it comes, and readers take it when the last one is there. */
#include "services/ratio/books/book.h"

#include "services/ratio/rules/save.h"
#include "services/ratio/statements.h"

#include "services/common/arena.h"
#include "services/common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PART_SIZE = 512 << 10, EVENTS_LEAST = 200000 };

static struct {
    pid_t child; /* 0: none */
    int pipe;    /* -1: all of it has been read, or it is not wanted any more */
    struct loop_watch *watch;
    char *bytes; /* the next part, */
    size_t size; /* so much of it */
    int64_t seq, part;
    bool failed;
} saving = {.pipe = -1};

/* ---- the child ---- */

static void put(void *arg, const void *bytes, size_t size)
{
    (void)arg;
    for (const char *at = bytes; size > 0;) {
        ssize_t count = write(STDOUT_FILENO, at, size);
        if (count < 0 && errno != EINTR)
            _exit(1); /* nobody wants it any more */
        at += count > 0 ? count : 0;
        size -= count > 0 ? (size_t)count : 0;
    }
}

static bool child_begin(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    saving.child = fork();
    if (saving.child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close_range(STDERR_FILENO + 1, ~0U, 0); /* what the parent holds ends with the parent */
        rules_save(book.rules, put, NULL);
        _exit(0);
    }
    close(ends[1]);
    if (saving.child < 0) {
        close(ends[0]);
        saving.child = 0;
        return false;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    saving.pipe = ends[0];
    return true;
}

/* ---- the end ---- */

const struct statement book_snapshot_forget = {
    .name = "book_snapshot_forget",
    .sql = "WITH old AS (DELETE FROM ratio.book_snapshot WHERE seq < (SELECT min(seq) FROM (SELECT seq FROM"
           " ratio.book_snapshot WHERE parts > 0 ORDER BY seq DESC LIMIT 2) kept) RETURNING seq)"
           " DELETE FROM ratio.book_snapshot_part WHERE seq IN (SELECT seq FROM old)"};

const struct statement book_snapshot_end = {.name = "book_snapshot_end",
                                            .sql = "UPDATE ratio.book_snapshot SET parts = $2 WHERE seq = $1"};

/* The child ends by itself, now or at its next write: book_snapshot_watch sees to it. */
static void reading_ends(bool failed)
{
    loop_unwatch(&saving.watch);
    close(saving.pipe);
    free(saving.bytes);
    saving.bytes = NULL;
    saving.pipe = -1;
    saving.failed = failed;
}

static void not_stored(const char *why)
{
    log_warning("snapshot not stored", "seq=%" PRId64 " why=\"%s\"", saving.seq, why);
}

static void on_end(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    (void)rows;
    if (why != NULL) {
        not_stored(why->text);
        return;
    }
    log_info("snapshot stored", "seq=%" PRId64 " parts=%" PRId64, saving.seq, saving.part);
    book.count.snapshots++;
    db_ask(book.db, &book_snapshot_forget, NULL, NULL, NULL);
}

void book_snapshot_watch(void)
{
    int status;
    if (saving.child == 0 || saving.pipe >= 0 || waitpid(saving.child, &status, WNOHANG) != saving.child)
        return;
    saving.child = 0;
    if (saving.failed)
        return;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        db_ask(book.db, &book_snapshot_end, db_int(db_int(db_args(), saving.seq), saving.part), on_end, NULL);
    else
        not_stored("the process that saves it has failed");
}

/* ---- the parts ---- */

const struct statement book_snapshot_part = {
    .name = "book_snapshot_part",
    .sql = "INSERT INTO ratio.book_snapshot_part (seq, part, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"};

static void on_part(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    (void)rows;
    if (saving.pipe < 0)
        return;
    if (why != NULL) {
        not_stored(why->text);
        reading_ends(true);
    } else if (saving.size < PART_SIZE) {
        reading_ends(false); /* that was the last one */
    } else {
        saving.size = 0;
        loop_watch_change(saving.watch, LOOP_READ);
    }
}

static void part_store(void)
{
    loop_watch_change(saving.watch, 0);
    struct db_args *args = db_int(db_int(db_args(), saving.seq), saving.part++);
    db_ask(book.db, &book_snapshot_part, db_bytes(args, slice_of(saving.bytes, saving.size)), on_part, NULL);
}

static void on_readable(void *arg, int events)
{
    (void)arg;
    (void)events;
    ssize_t count = read(saving.pipe, saving.bytes + saving.size, PART_SIZE - saving.size);
    if (count < 0)
        return; /* it is told again */
    saving.size += (size_t)count;
    if (count == 0 || saving.size == PART_SIZE)
        part_store();
}

/* Nothing is begun when another replica has one of about the same age. */
const struct statement book_snapshot_begin = {
    .name = "book_snapshot_begin",
    .sql = "INSERT INTO ratio.book_snapshot (seq, at, format, parts) SELECT $1, now(), $2, 0"
           " WHERE NOT EXISTS (SELECT FROM ratio.book_snapshot WHERE format = $2 AND at > now() - interval '1 minute')"
           " ON CONFLICT DO NOTHING"};

static void on_begun(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    if (saving.pipe < 0)
        return;
    if (why == NULL && db_affected(rows) == 1)
        loop_watch_change(saving.watch, LOOP_READ);
    else
        reading_ends(true);
}

void book_snapshot(void)
{
    uint32_t copies;
    rules_memory(book.rules, &copies);
    if (saving.child != 0 || book.events_unsaved < EVENTS_LEAST || book.events_unsaved < copies || !child_begin())
        return;
    char format[17];
    rules_format(&book.set, format);
    book.events_unsaved = 0;
    saving.seq = book.seq;
    saving.part = 0;
    saving.size = 0;
    saving.bytes = mem_take(PART_SIZE);
    saving.watch = loop_watch_fd(book.loop, saving.pipe, 0, on_readable, NULL);
    db_ask(book.db, &book_snapshot_begin, db_text(db_int(db_args(), book.seq), slice_text(format)), on_begun, NULL);
}

void book_snapshot_stop(void)
{
    if (saving.pipe >= 0)
        reading_ends(true);
}
