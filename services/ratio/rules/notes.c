/* Rings of small records in one slab. */
#include "services/ratio/rules/notes.h"

#include <assert.h>

void notes_add(struct slab *notes, uint32_t *list, int64_t at, int64_t value)
{
    uint32_t made = slab_take(notes);
    struct note *note = slab_at(notes, made), *last = notes_last(notes, *list);
    *note = (struct note){.at = at, .value = value, .next = last == NULL ? made : last->next};
    if (last != NULL)
        last->next = made;
    *list = made;
}

void notes_forget(struct slab *notes, uint32_t *list)
{
    assert(*list != 0);
    struct note *last = notes_last(notes, *list);
    uint32_t first = last->next;
    last->next = notes_first(notes, *list)->next;
    if (first == *list)
        *list = 0;
    slab_give(notes, first);
}

void notes_clear(struct slab *notes, uint32_t *list)
{
    while (*list != 0)
        notes_forget(notes, list);
}

void notes_forget_ended(struct slab *notes, uint32_t *list, int64_t until)
{
    while (*list != 0 && notes_first(notes, *list)->value <= until)
        notes_forget(notes, list);
}

int64_t notes_time_within(const struct slab *notes, uint32_t list, int64_t from, int64_t to)
{
    int64_t sum = 0;
    for (const struct note *note = notes_first(notes, list); note != NULL; note = notes_next(notes, list, note)) {
        int64_t began = note->at > from ? note->at : from, ended = note->value < to ? note->value : to;
        if (ended > began)
            sum += ended - began;
    }
    return sum;
}
