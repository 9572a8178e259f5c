/* See tsquery.h. Of the operators ! binds most, then <->, &, |. */
#include "services/catalog/tsquery.h"

#include <assert.h>
#include <string.h>

struct reading {
    struct arena *arena;
    const char *at;
};

static const struct tsquery *reading_or(struct reading *reading);

static bool taken(struct reading *reading, char letter)
{
    while (*reading->at == ' ')
        reading->at++;
    if (*reading->at != letter)
        return false;
    reading->at++;
    return true;
}

static struct tsquery *node(struct reading *reading, enum tsquery_kind kind, const struct tsquery *left,
                            const struct tsquery *right)
{
    struct tsquery *made = arena_take(reading->arena, sizeof *made);
    *made = (struct tsquery){.kind = kind, .left = left, .right = right};
    return made;
}

/* 'As it''s written', where \\ is one; :* behind it: only the beginning. */
static const struct tsquery *reading_word(struct reading *reading)
{
    bool quoted = taken(reading, '\'');
    assert(quoted);
    char *text = arena_take(reading->arena, strlen(reading->at) + 1);
    size_t size = 0;
    for (; *reading->at != '\'' || reading->at[1] == '\''; reading->at++) {
        assert(*reading->at != '\0');
        if (*reading->at == '\'' || *reading->at == '\\')
            reading->at++;
        text[size++] = *reading->at;
    }
    reading->at++;
    struct tsquery *word = node(reading, TSQUERY_word, NULL, NULL);
    word->word = slice_of(text, size);
    word->begins = strncmp(reading->at, ":*", 2) == 0;
    reading->at += word->begins ? 2 : 0;
    return word;
}

static const struct tsquery *reading_not(struct reading *reading)
{
    if (taken(reading, '!'))
        return node(reading, TSQUERY_not, reading_not(reading), NULL);
    if (!taken(reading, '('))
        return reading_word(reading);
    const struct tsquery *within = reading_or(reading);
    bool closed = taken(reading, ')');
    assert(closed);
    return within;
}

/* <-> or <2> */
static const struct tsquery *reading_phrase(struct reading *reading)
{
    const struct tsquery *left = reading_not(reading);
    while (taken(reading, '<')) {
        reading->at = strchr(reading->at, '>');
        assert(reading->at != NULL);
        reading->at++;
        left = node(reading, TSQUERY_phrase, left, reading_not(reading));
    }
    return left;
}

static const struct tsquery *reading_and(struct reading *reading)
{
    const struct tsquery *left = reading_phrase(reading);
    while (taken(reading, '&'))
        left = node(reading, TSQUERY_and, left, reading_phrase(reading));
    return left;
}

static const struct tsquery *reading_or(struct reading *reading)
{
    const struct tsquery *left = reading_and(reading);
    while (taken(reading, '|'))
        left = node(reading, TSQUERY_or, left, reading_and(reading));
    return left;
}

const struct tsquery *tsquery_read(struct slice text, struct arena *arena)
{
    struct reading reading = {.arena = arena, .at = text.at};
    if (text.size == 0)
        return NULL;
    const struct tsquery *query = reading_or(&reading);
    assert(*reading.at == '\0');
    return query;
}
