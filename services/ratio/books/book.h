/* What the files of this folder share: one replica's books. */
#ifndef DJEMBE_RATIO_BOOKS_BOOK_H
#define DJEMBE_RATIO_BOOKS_BOOK_H

#include "services/common/feed.h"
#include "services/common/kept.h"
#include "services/ratio/books/books.h"
#include "services/ratio/books/event.h"
#include "services/ratio/books/figures.h"
#include "services/ratio/rules/browse.h"

#define TICK_MS 60000
#define SILENCE_MS 120000 /* without a word from a tracker, or of the books themselves: safe mode (2.12) */

enum book_state {
    BOOK_CLOSED, /* the state is being made, or the database has not been there yet */
    BOOK_OPEN,
    BOOK_DOUBTFUL, /* it is not known whether what the memory holds was stored */
};

/* The row of ratio.book. */
struct head {
    int64_t seq, at, ticked_at, heard_at, down_since, ahead; /* down_since 0: not in safe mode */
    int64_t heard_now;                                       /* the last report of a tracker, booked or not */
    char down_why[16];
    char token[16];
    bool same_settings, inbox;
};

struct posting;
struct command;

/* A reader that waits until the memory holds all that was stored when it asked. */
struct waiter {
    struct waiter *next;
    void (*serve)(struct bus_request *request, const void *ask);
    struct bus_request *request;
    const void *ask;
};

struct book {
    struct loop *loop;
    struct bus *bus;
    struct db *db, *reader; /* reader: NULL until the database has been there */
    struct kept *kept;
    struct feed *slots, *retired;
    struct rules_settings set;
    char settings[RULES_SETTINGS_TEXT + 20]; /* those that change what the events lead to */
    enum book_state state;
    bool stopped;
    struct rules *rules;
    struct memory *memory;
    int64_t seq;      /* the last event applied */
    struct head head; /* as last seen */
    struct posting *posting;
    struct command *commands, **commands_end; /* that wait for a posting */
    struct waiter *waiting, *next;            /* for the look under way; for the one after */
    bool looking, wanted, changed; /* wanted: look again; changed: a command was booked since the queue was sorted */
    int64_t swept_at;              /* when all debt clocks were looked at */
    bool heard_early;              /* a tracker reported before the books were open */
    struct loop_timer *beat;
    int64_t events_unsaved; /* since the last snapshot */
    struct {
        uint64_t postings, rows, events, refused, doubts, reloads, snapshots, failed;
        int64_t tick_ms, check_at;
        bool check_bad;
    } count;
};
extern struct book book;

/* The books' time: never before `head.at`. */
int64_t book_now(const struct head *head);

/* look.c: brings the memory up to what is stored, then serves. */
void book_read(struct bus_request *request, const void *ask, void (*serve)(struct bus_request *, const void *));
void book_look(void);
void book_serve_waiting(void);
void head_read(const struct db_rows *rows, struct head *head);
#define HEAD_COLUMNS                                                                                                   \
    "b.seq, b.at, b.token, b.ticked_at, b.heard_at, greatest(b.heard_at, (SELECT h.at FROM ratio.book_heard h)),"      \
    " b.down_since, b.down_why, b.ahead, b.settings = $1, EXISTS (SELECT FROM ratio.book_inbox)"

/* reload.c: makes the state anew; applies rows of the log that are next in turn. */
void book_reload(void);
void book_apply(const struct db_rows *rows);
struct db_args *book_after(int64_t seq); /* of the statement book_events */

/* posting.c */
void book_post(void);       /* unless one is under way, or nothing is to be done */
bool book_is_current(void); /* a posting holds the head, so the memory is up to date */
void book_fail_commands(const struct fault *why);

/* snapshot.c */
void book_snapshot(void);       /* when enough has happened since the last */
void book_snapshot_watch(void); /* every second */
void book_snapshot_stop(void);

#endif
