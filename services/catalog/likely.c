/* See likely.h. Words are taken to have nothing to do with each other. */
#include "services/catalog/likely.h"

#include <stdlib.h>
#include <string.h>

#define UNKNOWN                                                                                                        \
    0.001        /* the least that a beginning has, and the most that a word has which is none of the common ones */
#define RARER 16 /* times than the rarest of these: most are much rarer, and what finds few is counted */

static int word_order(const void *left, const void *right)
{
    const struct likely_word *a = left, *b = right;
    return slice_order(a->text, b->text);
}

/* Of what is not kept nothing is known but that it is rarer than all that is. */
static double rare_share(const struct likely *likely)
{
    double least = UNKNOWN * RARER;
    for (size_t i = 0; i < likely->count; i++)
        if (likely->of[i].share < least)
            least = likely->of[i].share;
    return least / RARER;
}

static double word_share(const struct likely *likely, struct slice word)
{
    const struct likely_word sought = {.text = word}, *known = NULL;
    if (likely->count > 0)
        known = bsearch(&sought, likely->of, likely->count, sizeof sought, word_order);
    return known != NULL ? known->share : rare_share(likely);
}

/* The common ones that begin so, and of the others as many. */
static double beginning_share(const struct likely *likely, struct slice word)
{
    double none = 1, none_of_all = 1;
    size_t count = 0;
    for (size_t i = 0; i < likely->count; i++) {
        const struct likely_word *known = &likely->of[i];
        none_of_all *= 1 - known->share;
        if (known->text.size < word.size || memcmp(known->text.at, word.at, word.size) != 0)
            continue;
        none *= 1 - known->share;
        count++;
    }
    double share = 1 - none;
    if (likely->count > 0)
        share += none_of_all * (double)count / (double)likely->count;
    return share > UNKNOWN ? share : UNKNOWN;
}

static double any_share(const struct likely *likely, const struct tsquery *word)
{
    return word->begins ? beginning_share(likely, word->word) : word_share(likely, word->word);
}

double likely_read(const struct likely *likely, const struct tsquery *query)
{
    if (query->kind == TSQUERY_word)
        return any_share(likely, query);
    if (query->kind == TSQUERY_not)
        return 1;
    double left = likely_read(likely, query->left), right = likely_read(likely, query->right);
    if (query->kind == TSQUERY_or)
        return left + right < 1 ? left + right : 1;
    return left < right ? left : right;
}

double likely_share(const struct likely *likely, const struct tsquery *query)
{
    if (query->kind == TSQUERY_word)
        return any_share(likely, query);
    double share = likely_share(likely, query->left);
    if (query->kind == TSQUERY_not)
        return 1 - share;
    double other = likely_share(likely, query->right);
    return query->kind == TSQUERY_or ? share + other - share * other : share * other;
}
