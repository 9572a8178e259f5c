/* See lexemes.h. */
#include "services/catalog/lexemes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PLACE_BITS 0x3fff /* above them is a weight */

static int text_order(struct slice a, struct slice b)
{
    int order = memcmp(a.at, b.at, a.size < b.size ? a.size : b.size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

bool places_meet(struct places a, struct places b)
{
    for (size_t i = 0; i < 4; i++)
        if ((a.of[i] & b.of[i]) != 0)
            return true;
    return false;
}

/* ---- the vector ---- */

static uint32_t number_take(struct slice *left, size_t bytes)
{
    uint32_t number = 0;
    assert(left->size >= bytes);
    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | (unsigned char)left->at[i];
    *left = slice_of(left->at + bytes, left->size - bytes);
    return number;
}

static struct lexeme lexeme_take(struct slice *left)
{
    struct lexeme lexeme = {.text = slice_of(left->at, strnlen(left->at, left->size))};
    assert(lexeme.text.size < left->size);
    *left = slice_of(left->at + lexeme.text.size + 1, left->size - lexeme.text.size - 1);
    for (size_t count = number_take(left, 2); count > 0; count--) {
        uint32_t place = number_take(left, 2) & PLACE_BITS;
        if (place < 256)
            lexeme.places.of[place / 64] |= (uint64_t)1 << place % 64;
    }
    return lexeme;
}

struct lexemes lexemes_read(struct slice vector, struct arena *arena)
{
    size_t count = number_take(&vector, 4);
    struct lexeme *lexemes = arena_take(arena, (count + 1) * sizeof *lexemes);
    for (size_t i = 0; i < count; i++)
        lexemes[i] = lexeme_take(&vector);
    return (struct lexemes){lexemes, count};
}

size_t lexemes_from(const struct lexemes *lexemes, struct slice text)
{
    size_t low = 0, high = lexemes->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (text_order(lexemes->of[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- a query: of words, &, |, ! and () ---- */

struct reading {
    const struct lexemes *lexemes;
    struct places all; /* torrents */
    const char *at;
};

static struct places reading_or(struct reading *reading);

static bool taken(struct reading *reading, char letter)
{
    while (*reading->at == ' ')
        reading->at++;
    if (*reading->at != letter)
        return false;
    reading->at++;
    return true;
}

/* 'As it''s written', where \\ is one; :* behind it: only the beginning. */
static struct places reading_word(struct reading *reading)
{
    char text[2048];
    size_t size = 0;
    struct places found = {{0}};
    bool quoted = taken(reading, '\'');
    assert(quoted);
    for (; *reading->at != '\'' || reading->at[1] == '\''; reading->at++) {
        assert(*reading->at != '\0' && size < sizeof text);
        if (*reading->at == '\'' || *reading->at == '\\')
            reading->at++;
        text[size++] = *reading->at;
    }
    reading->at++;
    bool begins = strncmp(reading->at, ":*", 2) == 0;
    reading->at += begins ? 2 : 0;
    const struct lexemes *lexemes = reading->lexemes;
    for (size_t i = lexemes_from(lexemes, slice_of(text, size)); i < lexemes->count; i++) {
        struct slice word = lexemes->of[i].text;
        if (word.size < size || memcmp(word.at, text, size) != 0 || (!begins && word.size > size))
            break;
        for (size_t part = 0; part < 4; part++)
            found.of[part] |= lexemes->of[i].places.of[part];
    }
    return found;
}

static struct places reading_not(struct reading *reading)
{
    if (taken(reading, '!')) {
        struct places others = reading_not(reading);
        for (size_t i = 0; i < 4; i++)
            others.of[i] = reading->all.of[i] & ~others.of[i];
        return others;
    }
    if (!taken(reading, '('))
        return reading_word(reading);
    struct places within = reading_or(reading);
    bool closed = taken(reading, ')');
    assert(closed);
    return within;
}

static struct places reading_and(struct reading *reading)
{
    struct places places = reading_not(reading);
    while (taken(reading, '&')) {
        struct places other = reading_not(reading);
        for (size_t i = 0; i < 4; i++)
            places.of[i] &= other.of[i];
    }
    return places;
}

static struct places reading_or(struct reading *reading)
{
    struct places places = reading_and(reading);
    while (taken(reading, '|')) {
        struct places other = reading_and(reading);
        for (size_t i = 0; i < 4; i++)
            places.of[i] |= other.of[i];
    }
    return places;
}

struct places lexemes_fit(const struct lexemes *lexemes, struct slice below)
{
    struct reading reading = {.lexemes = lexemes, .at = below.at};
    size_t at = lexemes_from(lexemes, slice_text("="));
    if (at < lexemes->count && slice_is(lexemes->of[at].text, "="))
        reading.all = lexemes->of[at].places;
    if (below.size == 0)
        return reading.all;
    struct places fit = reading_or(&reading);
    assert(*reading.at == '\0');
    return fit;
}
