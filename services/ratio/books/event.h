/* Events of the rules as rows of the log, and back. Pure. */
#ifndef DJEMBE_RATIO_BOOKS_EVENT_H
#define DJEMBE_RATIO_BOOKS_EVENT_H

#include "services/common/bencode.h"
#include "services/ratio/rules/rules.h"

/* One row of ratio.book_event. */
struct book_row {
    int64_t seq, at;
    struct slice kind;
    int64_t user, backup, version, amount, other;
    struct slice packed; /* ROW_SIGHTINGS only */
};

/* Kinds that are no event of RULES 6: many sightings of one moment; and a moment at which nothing but time passed,
 * logged where a transaction changed nothing else. */
#define ROW_SIGHTINGS "sightings"
#define ROW_TIME "time"

const char *event_name(enum rules_event_kind kind);
struct book_row row_of_event(const struct rules_event *event);
/* False: not an event of the rules. */
bool event_of_row(const struct book_row *row, struct rules_event *event);

/* What trackers see is three numbers: user, version and left of an announce; or user, SIGHTING_HOUSEHOLD and the
 * household. Events of one or the other kind are filled with them but for their time. */
#define SIGHTING_HOUSEHOLD 0 /* no version has that id */
void sighting_fill(struct rules_event *event, int64_t user, int64_t version, int64_t number);
/* Sightings are packed as numbers of 7 bits a byte. */
void sighting_pack(struct buffer *into, int64_t user, int64_t version, int64_t number);
/* Takes the first one off `packed` into the event; false: there is none, or it is damaged. */
bool sighting_next(struct slice *packed, struct rules_event *event);

#endif
