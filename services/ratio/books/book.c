/* The books of this replica: opened, looked at every second, checked every night, told of. */
#include "services/ratio/books/book.h"

#include "services/ratio/books/answers.h"
#include "services/ratio/books/audits.h"
#include "services/ratio/books/command.h"
#include "services/ratio/books/reader.h"
#include "services/ratio/statements.h"

#include "services/common/clock.h"
#include "services/common/log.h"
#include "services/common/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BEAT_MS = 1000, HEARD_EACH_MS = 10000 };

#define CHECK_EACH_MS (INT64_C(24) * 3600000)

struct book book = {.commands_end = &book.commands};
static pid_t checker;

/* ---- the nightly recount (2.12): in a child, for it touches everything ---- */

static void check_begin(void)
{
    book.count.check_at = book_now(&book.head);
    checker = fork();
    if (checker != 0)
        return;
    /* A socket that lives on here would live on in the parent's epoll, too, when the parent has closed it and
     * forgotten. */
    close_range(STDERR_FILENO + 1, ~0U, 0);
    struct rules_check check;
    rules_check(book.rules, &check);
    _exit(check.recomputed ? 0 : 1);
}

static void check_watch(void)
{
    int status;
    if (checker > 0 && waitpid(checker, &status, WNOHANG) == checker) {
        checker = 0;
        book.count.check_bad = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        if (book.count.check_bad)
            log_error("books do not add up", "seq=%" PRId64, book.seq);
        else
            log_info("books add up", "seq=%" PRId64, book.seq);
    } else if (checker <= 0 && book.state == BOOK_OPEN && book.posting == NULL &&
               book_now(&book.head) - book.count.check_at >= CHECK_EACH_MS) {
        check_begin();
    }
}

/* ---- life ---- */

static void beat(void *arg)
{
    (void)arg;
    if (book.state == BOOK_OPEN)
        book_look();
    check_watch();
    book_snapshot_watch();
}

/* Of a look, a database that comes back and the beat, whichever is first. */
void books_wake(void)
{
    book.head.inbox = true;
    book_post();
}

bool books_know_household(uint64_t user, int64_t household)
{
    return book.state != BOOK_CLOSED && rules_in_household(book.rules, (int64_t)user, household);
}

bool books_know(uint64_t torrent)
{
    struct rules_placing placing;
    return book.state != BOOK_CLOSED && rules_placing(book.rules, (int64_t)torrent, &placing);
}

const struct statement book_hear = {
    .name = "book_hear",
    .sql = "UPDATE ratio.book_heard h SET at = greatest(h.at, $1::timestamptz + b.ahead * interval '1 millisecond')"
           " FROM ratio.book b WHERE h.id = b.id"};

void books_heard(void)
{
    int64_t now = clock_now() + book.head.ahead;
    book.heard_early = book.state == BOOK_CLOSED;
    if (book.heard_early || now - book.head.heard_now < HEARD_EACH_MS)
        return;
    book.head.heard_now = now;
    db_ask(book.db, &book_hear, db_time(db_args(), clock_now()), NULL, NULL);
}

/* The log is what the settings made of it no more when they change: all is then made anew from it. */
const struct statement book_settings = {
    .name = "book_settings",
    .sql = "UPDATE ratio.book b SET settings = $1 FROM ratio.book old WHERE b.id = old.id RETURNING old.settings"};

static void open_books(void *arg);

static void on_settings(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    if (why != NULL) {
        loop_timer_new(book.loop, BEAT_MS, 0, open_books, NULL);
        return;
    }
    struct slice old = db_get_text(rows, 0, 0);
    if (old.size > 0 && !slice_is(old, book.settings))
        log_warning("the books are made anew with other settings", "old=\"%.*s\" new=\"%s\"", SLICE_ARGS(old),
                    book.settings);
    book.head.same_settings = true; /* now they are; each look says it anew */
    if (book.set.auditor && !slice_is(old, book.settings))
        audits_begin();
    book_reload();
}

static void open_books(void *arg)
{
    (void)arg;
    if (book.reader == NULL && !book.stopped)
        book.reader = reader_new(book.loop);
    if (!book.stopped)
        db_ask(book.db, &book_settings, db_text(db_args(), slice_text(book.settings)), on_settings, NULL);
}

void books_open(void)
{
    open_books(NULL);
}

void books_serve(struct loop *loop, struct bus *bus, struct db *db, const struct rules_settings *set)
{
    book.loop = loop;
    book.bus = bus;
    book.db = db;
    book.kept = kept_new(db, "ratio");
    book.slots = feed_new(bus, db, "ratio.slots", "ratio");
    book.retired = feed_new(bus, db, "ratio.retired", "ratio");
    char told[RULES_SETTINGS_TEXT];
    book.set = *set;
    rules_settings_tell(set, told);
    snprintf(book.settings, sizeof book.settings, "rules=%d %s", RULES_EDITION, told);
    book.beat = loop_timer_new(loop, BEAT_MS, BEAT_MS, beat, NULL);
    commands_serve();
    standings_serve();
    lists_serve();
    history_serve();
    explain_serve();
    audits_serve();
    remind_serve();
}

/* The feed and the reader stay for requests that are still to be answered. */
void books_stop(void)
{
    book.stopped = true;
    loop_timer_cancel(&book.beat);
    book_snapshot_stop();
    book_fail_commands(&(struct fault){.status = STATUS_unavailable, .text = "This replica is stopping: ask again."});
}

/* ---- telling ---- */

const char *books_unready(void)
{
    if (book.state == BOOK_CLOSED)
        return "the books of backups have not been read yet";
    return db_is_up(book.reader) ? NULL : "the connection for readers of the books is not there yet";
}

const char *books_unhealthy(void)
{
    if (book.count.check_bad)
        return "the books of backups do not add up: see the log";
    if (book.state == BOOK_DOUBTFUL)
        return "it is not known yet whether the last change of the books was stored";
    if (book.state == BOOK_OPEN && !book.head.same_settings)
        return "another replica keeps the books with other settings: restart this one";
    if (book.state == BOOK_OPEN && book.head.down_since != 0)
        return strcmp(book.head.down_why, "mass") == 0
                   ? "safe mode: a third of all copies vanished within an hour; no clock moves until they are back"
                   : "safe mode: no tracker has reported for 2 minutes; no clock moves until one does";
    return NULL;
}

void books_metrics(struct buffer *into)
{
    uint32_t copies = 0;
    size_t bytes = book.rules == NULL ? 0 : rules_memory(book.rules, &copies);
    metric_counter(into, "ratio_book_events_total", NULL, book.count.events, "Events that this replica appended.");
    metric_counter(into, "ratio_book_refused_total", NULL, book.count.refused, "Of these: refused by the rules.");
    metric_counter(into, "ratio_book_rows_total", NULL, book.count.rows, "Rows that this replica appended to the log.");
    metric_counter(into, "ratio_book_postings_total", NULL, book.count.postings, "Transactions of the books.");
    metric_counter(into, "ratio_book_failed_total", NULL, book.count.failed, "Of these: failed before they began.");
    metric_counter(into, "ratio_book_doubts_total", NULL, book.count.doubts, "Commits whose answer did not come.");
    metric_counter(into, "ratio_book_reloads_total", NULL, book.count.reloads, "Times the state was made anew.");
    metric_counter(into, "ratio_book_snapshots_total", NULL, book.count.snapshots, "Snapshots stored.");
    metric_gauge(into, "ratio_book_seq", NULL, book.seq, "The last event applied.");
    metric_gauge(into, "ratio_book_copies", NULL, copies, "Copies in the books.");
    metric_gauge(into, "ratio_book_bytes", NULL, (int64_t)bytes, "Memory of the rules' state.");
    metric_gauge(into, "ratio_book_tick_ms", NULL, book.count.tick_ms,
                 "What the last tick took, with all that fell due since the event before it.");
    metric_gauge(into, "ratio_book_safe_mode", NULL, book.head.down_since != 0,
                 "1: no tracker is heard, or too many copies vanished.");
    metric_gauge(into, "ratio_book_adds_up", NULL, !book.count.check_bad,
                 "0: the last recount differed from the sums.");
}
