/* Several requests at once for one page, then one callback. */
#ifndef DJEMBE_WEB_GATHER_H
#define DJEMBE_WEB_GATHER_H

#include "services/web/visit.h"

struct gather;

struct answer {
    const void *reply;          /* the message's reply struct; NULL when there is none. Lives as long as the visit */
    const msgpack_object *body; /* the same as it came */
    struct fault why;           /* when there is none */
};

/* How long a page waits for what it cannot do without, and for what it can. */
enum { GATHER_MUST_MS = 4000, GATHER_MAY_MS = 1500 };

struct gather *gather_new(struct visit *visit, void (*done)(struct visit *visit));

/* Asks on the visitor's behalf. What a page can do without is not asked for at all when its service does not answer
 * now. */
const struct answer *gather_must(struct gather *gather, const struct message *message, const void *ask);
const struct answer *gather_may(struct gather *gather, const struct message *message, const void *ask);

/* Ids as a request carries them. */
struct tree ask_ids(struct visit *visit, const uint64_t *ids, size_t count);

/* The rows of a reply as an array of their C structs, which lives as long as the visit. */
void *answer_rows(struct visit *visit, struct tree rows, const struct row *row, size_t *count);

/* One field of each of them, as ask_ids and its like take it. */
#define IDS_OF(visit, rows, count, field) answer_ids(visit, &(rows)->field, sizeof *(rows), count)
const uint64_t *answer_ids(struct visit *visit, const uint64_t *first, size_t row_size, size_t count);

/* For what is no bus request: each hold is followed by one release. */
void gather_hold(struct gather *gather);
void gather_release(struct gather *gather);

/* Calls `done` when all is answered, perhaps at once. Nothing is added after it. */
void gather_go(struct gather *gather);

#endif
