/* Short memories: what happened when, oldest first, forgotten from the front. A list is one handle, 0 when it is empty,
 * so that a record which remembers nothing pays four bytes. */
#ifndef DJEMBE_RATIO_RULES_NOTES_H
#define DJEMBE_RATIO_RULES_NOTES_H

#include "services/common/slab.h"

struct note {
    int64_t at;
    int64_t value; /* the end of a time that began at `at`, or a figure of that moment */
    uint32_t next; /* the last one's is the first: the list is a ring, known by its last */
};

void notes_add(struct slab *notes, uint32_t *list, int64_t at, int64_t value);
/* Forgets the oldest; the list is not empty. */
void notes_forget(struct slab *notes, uint32_t *list);
void notes_clear(struct slab *notes, uint32_t *list);

/* Forgets every time that had ended by `until`. */
void notes_forget_ended(struct slab *notes, uint32_t *list, int64_t until);

static inline struct note *notes_last(const struct slab *notes, uint32_t list)
{
    return list == 0 ? NULL : slab_at(notes, list);
}

static inline struct note *notes_first(const struct slab *notes, uint32_t list)
{
    return list == 0 ? NULL : slab_at(notes, notes_last(notes, list)->next);
}

/* The one after, NULL at the end. */
static inline struct note *notes_next(const struct slab *notes, uint32_t list, const struct note *note)
{
    return note == notes_last(notes, list) ? NULL : slab_at(notes, note->next);
}

/* How much of the times noted lies in from .. to. */
int64_t notes_time_within(const struct slab *notes, uint32_t list, int64_t from, int64_t to);

#endif
