/* See news.h. The first in the queue is taken, some of those whom it concerns are told, and how far that went is stored
 * with what they are told: each is told once, whoever is killed when. One replica does it at a time, so that all is
 * told in the order in which it happened.
 *
 *   its turn -> the first in the queue -> some members -> their notices, and how far -> commit, and on */
#include "services/catalog/news.h"

#include "services/catalog/comments.h"
#include "services/catalog/plugin.h"
#include "services/catalog/shelf.h"
#include "services/catalog/text.h"
#include "services/common/clock.h"
#include "services/common/notices.h"

#include <inttypes.h>

enum {
    TOLD_MOST = 200,   /* members in one transaction */
    PASSED_MOST = 100, /* of the queue, that concern nobody, likewise */
    POLL_MS = 5000,    /* what a replica that is gone has left */
    FORGET_MS = 3600000,
};

#define TEXT_BYTES 400 /* bytes of what stands in the queue */

static struct {
    struct loop_timer *timer;
    struct db_tx *tx;    /* NULL: nothing is under way */
    struct arena *arena; /* of that */
    bool again;          /* something came meanwhile, or is left */
    unsigned passed;     /* of the queue, in this turn */
    bool stopped;
    int64_t forgotten_at;
} news;

/* The one that is told of. */
static struct {
    int64_t id, at;
    enum news_kind what;
    uint64_t of, actor;
    const struct plugin *plugin;
    struct slice href, text;
} first;

static void run(void);

/* ---- the queue ---- */

static const char *const kinds[NEWS_kinds] = {"torrent", "search", "comment", "entry"};

static const struct statement news_put = {
    "news_put",
    "INSERT INTO catalog.news (what, entity, of, actor, text) VALUES ($1, $2, $3, $4, $5)",
};

void news_add(struct db_tx *tx, const struct news *what)
{
    struct db_args *args = db_int(db_text(db_args(), slice_text(kinds[what->what])), (int64_t)what->entity);
    args = db_int(db_int(args, (int64_t)what->of), (int64_t)what->actor);
    db_tx_ask(tx, &news_put, db_text(args, text_cut(what->text, TEXT_BYTES)), NULL, NULL);
}

void news_published(void)
{
    news.again = true;
    if (news.tx == NULL && !news.stopped)
        run();
}

static void turn_over(void)
{
    arena_destroy(&news.arena);
    news.tx = NULL;
    if (news.again && !news.stopped)
        run();
}

static void turn_end(void)
{
    db_rollback(news.tx);
    turn_over();
}

static void on_committed(void *arg, const struct fault *why, bool uncertain)
{
    (void)arg, (void)uncertain;
    if (why == NULL)
        notices_published();
    else
        news.again = false; /* but when the timer comes round */
    turn_over();
}

static void turn_commit(bool more)
{
    news.again |= more;
    db_commit(news.tx, on_committed, NULL);
}

/* ---- whom it concerns ---- */

static const struct statement news_on = {"news_on", "UPDATE catalog.news SET told_to = $2 WHERE id = $1"};
static const struct statement news_done = {"news_done", "DELETE FROM catalog.news WHERE id = $1"};
static const struct statement news_synced = {"news_synced", "SET LOCAL synchronous_commit TO DEFAULT"};

/* Those after whom; who; what it is new in, and the number that notices of it have in common. Of one who has subscribed
 * both to a group and to a person of it the group's counts. */
static const struct statement news_subscribers = {
    "news_subscribers",
    "SELECT DISTINCT ON (s.member) s.member, s.member, p.name, s.id FROM catalog.subscription s"
    " JOIN catalog.entity p ON p.id = s.entity WHERE s.member > $2 AND s.member <> $3 AND (s.entity = $1"
    "  OR $5::boolean AND s.entity IN (SELECT person FROM catalog.credit WHERE grp = $1))"
    " ORDER BY s.member, s.entity = $1 DESC LIMIT $4",
};
static const struct statement news_collectors = {
    "news_collectors",
    "SELECT s.member, s.member, c.title, s.id FROM catalog.subscription s JOIN catalog.collage c ON c.id = s.collage"
    " WHERE s.collage = $1 AND s.member > $2 AND s.member <> $3 ORDER BY s.member LIMIT $4",
};
static const struct statement news_searches = {
    "news_searches",
    "SELECT search, member, name, search FROM catalog.searches($1, $2, $3, $4)",
};

static void first_ask(void);

/* The first concerns nobody (any more): on to the next, in the same turn. */
static void first_pass(void)
{
    db_tx_ask(news.tx, &news_done, db_int(db_args(), first.id), NULL, NULL);
    if (++news.passed < PASSED_MOST)
        first_ask();
    else
        turn_commit(true);
}

static void member_tell(struct notices *notices, const struct db_rows *rows, size_t row)
{
    struct arena *arena = news.arena;
    struct slice name = db_get_text(rows, row, 2);
    long long number = db_get_int(rows, row, 3);
    bool search = first.what == NEWS_search;
    const char *what = first.what == NEWS_comment ? "comment"
                       : first.what == NEWS_entry ? "entry"
                                                  : first.plugin->levels[LEVEL_unit].title;
    struct notice_fact fact = {
        .user = (uint64_t)db_get_int(rows, row, 1),
        .kind = slice_text(notice_name(search ? NOTICE_search_found : NOTICE_news)),
        .title = slice_text(arena_print(arena, search ? "Found: %.*s" : "News of %.*s", SLICE_ARGS(name))),
        .text = slice_text(arena_print(arena, "New %s: %.*s", what, SLICE_ARGS(first.text))),
        .href = search ? slice_text(arena_print(arena, "/search/%lld", number)) : first.href,
        .about = slice_text(arena_print(arena, "%s %lld", search ? "search" : "subscription", number)),
        .at = first.at,
    };
    notices_put_fact(notices, &fact);
}

static void on_members(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    if (why != NULL) {
        turn_end();
        return;
    }
    size_t count = db_count(rows);
    if (count == 0) {
        first_pass();
        return;
    }
    struct notices notices = notices_take(news.arena, count);
    for (size_t i = 0; i < count; i++)
        member_tell(&notices, rows, i);
    struct db_args *args = db_int(db_args(), first.id);
    if (count == TOLD_MOST)
        db_tx_ask(news.tx, &news_on, db_int(args, db_get_int(rows, count - 1, 0)), NULL, NULL);
    else
        db_tx_ask(news.tx, &news_done, args, NULL, NULL);
    db_tx_ask(news.tx, &news_synced, NULL, NULL, NULL); /* these are in a feed */
    notices_add(news.tx, &notices);
    turn_commit(true);
}

/* ---- what is told ---- */

/* What was taken away meanwhile is told to nobody; searches that ask for files or texts are
 * asked when these are there (written.h). The first is taken by itself: for as many as may wait PostgreSQL
 * would read all torrents to know which are there. */
static const struct statement news_first = {
    "news_first",
    "SELECT n.id, n.what, n.of, n.actor, n.text, n.at, n.told_to, e.id, e.kind, e.plugin, e.deleted_at IS NULL"
    " AND CASE n.what WHEN 'comment' THEN EXISTS (SELECT FROM catalog.comment WHERE id = n.of AND deleted_at IS NULL)"
    "  WHEN 'entry' THEN EXISTS (SELECT FROM catalog.collage c JOIN catalog.collage_entry o ON o.collage = c.id"
    "   WHERE c.id = n.of AND c.deleted_at IS NULL AND o.entity = n.entity)"
    "  ELSE EXISTS (SELECT FROM catalog.torrent WHERE id = n.of AND active) END"
    " FROM (SELECT * FROM catalog.news ORDER BY id LIMIT 1) AS n JOIN catalog.entity e ON e.id = n.entity"
    " WHERE n.what <> 'search' OR NOT EXISTS (SELECT FROM catalog.listed_later l WHERE l.grp = e.id)"
    "  OR NOT EXISTS (SELECT FROM catalog.search s WHERE s.tell AND (s.files IS NOT NULL OR s.texts IS NOT NULL)"
    "   AND s.plugin = e.plugin)",
};

static void first_read(const struct db_rows *rows)
{
    enum level_kind kind = (enum level_kind)db_get_int(rows, 0, 8);
    uint64_t entity = (uint64_t)db_get_int(rows, 0, 7);
    first.id = db_get_int(rows, 0, 0);
    first.plugin = db_get_flag(rows, 0, 10) ? plugin_find(db_get_text(rows, 0, 9)) : NULL;
    if (first.plugin == NULL)
        return;
    for (first.what = 0; first.what < NEWS_kinds && !slice_is(db_get_text(rows, 0, 1), kinds[first.what]);)
        first.what++;
    first.of = (uint64_t)db_get_int(rows, 0, 2);
    first.actor = (uint64_t)db_get_int(rows, 0, 3);
    first.text = text_line(db_get_text(rows, 0, 4), news.arena);
    first.at = db_get_time(rows, 0, 5);
    struct slice page = shelf_href(first.plugin, kind, entity, news.arena);
    if (first.what == NEWS_comment)
        first.href = comment_href(first.plugin, kind, entity, first.of, news.arena);
    else if (first.what == NEWS_entry)
        first.href = slice_text(arena_print(news.arena, "/collage/%" PRIu64, first.of));
    else
        first.href = slice_text(arena_print(news.arena, "%.*s#t%" PRIu64, SLICE_ARGS(page), first.of));
}

static void on_first(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    bool any = why == NULL && db_count(rows) > 0;
    if (any)
        first_read(rows);
    if (any && first.plugin == NULL) {
        first_pass();
        return;
    }
    if (!any || first.what == NEWS_kinds) { /* the queue ends, or a newer replica has put it there, and tells of it */
        if (why == NULL && news.passed > 0)
            turn_commit(false);
        else
            turn_end();
        return;
    }
    bool of = first.what == NEWS_search || first.what == NEWS_entry;
    struct db_args *args = db_int(db_args(), of ? (int64_t)first.of : db_get_int(rows, 0, 7));
    db_int(db_int(db_int(args, db_get_int(rows, 0, 6)), (int64_t)first.actor), TOLD_MOST);
    if (!of)
        db_flag(args, first.what == NEWS_torrent);
    db_tx_ask(news.tx,
              first.what == NEWS_search  ? &news_searches
              : first.what == NEWS_entry ? &news_collectors
                                         : &news_subscribers,
              args, on_members, NULL);
}

static void first_ask(void)
{
    db_tx_ask(news.tx, &news_first, NULL, on_first, NULL);
}

/* By itself, so that what is read after it is what the last one left. What is passed without telling anybody may be
 * passed once more, so that the disk is left to uploads. */
static const struct statement news_turn = {
    "news_turn",
    "SELECT pg_try_advisory_xact_lock(hashtextextended('djembe catalog news', 0)),"
    " set_config('synchronous_commit', 'off', true)",
};

static void on_turn(void *arg, const struct db_rows *rows, const struct fault *why)
{
    (void)arg;
    if (why != NULL || !db_get_flag(rows, 0, 0))
        turn_end();
    else
        first_ask();
}

static void run(void)
{
    news.again = false;
    news.passed = 0;
    news.arena = arena_new();
    news.tx = db_begin(service_db());
    db_tx_ask(news.tx, &news_turn, NULL, on_turn, NULL);
}

/* ---- its life ---- */

static void on_timer(void *arg)
{
    (void)arg;
    if (clock_ticks() - news.forgotten_at >= FORGET_MS) {
        news.forgotten_at = clock_ticks();
        notices_forget(service_db());
    }
    if (news.tx == NULL)
        run();
}

void news_start(void)
{
    news.forgotten_at = clock_ticks() - FORGET_MS;
    news.timer = loop_timer_new(service_loop(), POLL_MS, POLL_MS, on_timer, NULL);
    on_timer(NULL);
}

void news_stop(void)
{
    news.stopped = true;
    if (news.timer != NULL)
        loop_timer_cancel(&news.timer);
}

const struct statement *const news_statements[] = {&news_put,        &news_on,          &news_synced,
                                                   &news_done,       &news_subscribers, &news_searches,
                                                   &news_collectors, &news_first,       &news_turn};
const size_t news_statements_count = sizeof news_statements / sizeof *news_statements;
