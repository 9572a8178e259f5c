/* One transaction that appends to the books: what it does to the memory (work.c), how that is stored (store.c), and
 * what becomes of it when the database answers or does not (posting.c). */
#ifndef DJEMBE_RATIO_BOOKS_POSTING_H
#define DJEMBE_RATIO_BOOKS_POSTING_H

#include "services/ratio/books/book.h"
#include "services/ratio/books/command.h"

#define TOKEN_SIZE 16

/* A row of ratio.book_inbox. */
struct incoming {
    int64_t id, user, backup, version, amount, other, depends_on;
    struct slice kind, payload;
};

enum work { WORK_time, WORK_inbox, WORK_commands, WORK_tick, WORK_done };

struct posting {
    struct arena *arena;
    struct db_tx *tx;
    struct head head;  /* as it was locked */
    struct head after; /* as it will be */
    int64_t now;
    bool current; /* the memory has been brought up to the head */
    bool applied; /* and then changed */
    unsigned tries;

    enum work work; /* what comes next */
    struct incoming *incoming;
    size_t incoming_count, incoming_next;
    struct command *commands, *commands_next;
    bool ticks, tells; /* it is time for one; somebody is told something */
    bool retires;      /* a retention has deleted a version */
    int64_t time_ms;   /* what it took to let the time pass that is over */

    struct book_row *rows;
    size_t rows_count, rows_room;
    struct buffer sightings; /* those accepted since the last row */
    struct effects effects;
    int64_t *restored; /* versions whose owners have begun to restore them */
    size_t restored_count, restored_room;
    int64_t *refused; /* versions that the rules would not take, and why; empty: taken after all */
    struct slice *refused_why;
    size_t refused_count, refused_room;
};

/* work.c: does some of what is to be done, for a few ms; true: all is done. */
bool work_some(struct posting *posting);

/* store.c: asks for all that is to be stored in posting->tx, then commits with `done`. */
void store_all(struct posting *posting, db_commit_fn *done);

#endif
