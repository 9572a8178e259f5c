/* The readers of the books, a file each: they serve from memory after a look at the head. */
#ifndef DJEMBE_RATIO_BOOKS_ANSWERS_H
#define DJEMBE_RATIO_BOOKS_ANSWERS_H

#include "services/ratio/books/book.h"
#include "services/ratio/rows.h"

void standings_serve(void); /* profile, backup, version */
void lists_serve(void);     /* queue, offers, holdings */
void history_serve(void);   /* what happened */
void explain_serve(void);   /* why it is so */
void remind_serve(void);    /* when an owner is told that no version comes */

/* history.c: rows in the database about a member, a version, or a copy (both named). All three statements take an id
 * first, that of a copy the version's last; what lies between is put into `args`. */
struct about {
    const struct statement *user, *version, *copy;
    struct db_args *args;
    const struct statement *chosen;
    uint64_t last; /* 0: none */
};
/* False: neither is named, and the request has failed. */
bool about_begin(struct about *about, struct bus_request *request, uint64_t user, uint64_t version);
void about_ask(struct about *about, db_done_fn *done, struct bus_request *request);

/* lists.c: from 1; 0: it is not in the queue. */
int64_t queue_place(int64_t version);

/* standings.c: as rows of a reply. */
void pack_copies(struct listing *into, const struct rules_holding *copies, size_t count);

#endif
