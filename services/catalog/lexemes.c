/* See lexemes.h. */
#include "services/catalog/lexemes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PLACE_BITS 0x3fff /* above them is a weight */

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
        if (slice_order(lexemes->of[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- a query ---- */

static struct places word_places(const struct lexemes *lexemes, const struct tsquery *query)
{
    struct places found = {{0}};
    size_t size = query->word.size;
    for (size_t i = lexemes_from(lexemes, query->word); i < lexemes->count; i++) {
        struct slice word = lexemes->of[i].text;
        if (word.size < size || memcmp(word.at, query->word.at, size) != 0 || (!query->begins && word.size > size))
            break;
        for (size_t part = 0; part < 4; part++)
            found.of[part] |= lexemes->of[i].places.of[part];
    }
    return found;
}

static struct places query_places(const struct lexemes *lexemes, const struct tsquery *query, struct places all)
{
    if (query->kind == TSQUERY_word)
        return word_places(lexemes, query);
    struct places places = query_places(lexemes, query->left, all), other = {{0}};
    if (query->right != NULL)
        other = query_places(lexemes, query->right, all);
    for (size_t i = 0; i < 4; i++)
        if (query->kind == TSQUERY_not)
            places.of[i] = all.of[i] & ~places.of[i];
        else if (query->kind == TSQUERY_or)
            places.of[i] |= other.of[i];
        else
            places.of[i] &= other.of[i];
    return places;
}

struct places lexemes_fit(const struct lexemes *lexemes, const struct tsquery *below)
{
    struct places all = {{0}};
    size_t at = lexemes_from(lexemes, slice_text("="));
    if (at < lexemes->count && slice_is(lexemes->of[at].text, "="))
        all = lexemes->of[at].places;
    return below != NULL ? query_places(lexemes, below, all) : all;
}
